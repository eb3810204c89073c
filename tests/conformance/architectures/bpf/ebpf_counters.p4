// A CounterArray that is only incremented counts packets.
#include "ebpf_begin.p4"

control Test(inout headers_t h, out bool accept) {
    CounterArray(32w8, true) seen;
    apply {
        accept = h.ip.isValid();
        if (accept) { seen.increment(h.ip.dst & 7); }
    }
}
#include "ebpf_end.p4"
