// `accept` is false until the filter sets it, as an out parameter of type bool begins in BPF's C: as zero.
#include "ebpf_begin.p4"

control Test(inout headers_t h, out bool accept) {
    apply {
        accept = false;
        if (h.ip.isValid()) {
            if (h.ip.src == h.ip.dst) { return; }
            accept = true;
        }
    }
}
#include "ebpf_end.p4"
