// What a filter accepts goes on as it came in, whatever it has done to its headers.
#include "ebpf_begin.p4"

control Test(inout headers_t h, out bool accept) {
    apply {
        accept = h.ip.isValid();
        h.ip.src = 0;
        h.eth.setInvalid();
    }
}
#include "ebpf_end.p4"
