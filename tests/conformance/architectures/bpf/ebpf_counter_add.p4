// With add() a CounterArray holds sums.
#include "ebpf_begin.p4"

control Test(inout headers_t h, out bool accept) {
    CounterArray(32w4, false) sums;
    apply {
        accept = true;
        if (h.ip.isValid()) {
            sums.add(h.ip.dst, h.ip.src);
            sums.increment(3);
        }
    }
}
#include "ebpf_end.p4"
