// A filter whose parameters are not those of the architecture.
#include <core.p4>
#include <ebpf_model.p4>

header eth_t { bit<48> dst; bit<48> src; bit<16> type; }
struct headers_t { eth_t eth; }

parser P(packet_in pkt, out headers_t h) {
    state start { pkt.extract(h.eth); transition accept; }
}
control F(inout headers_t h, out bit<1> accept) {
    CounterArray(32w4) seen; //~ C0217
    apply { accept = 1; }
}
ebpfFilter(P(), F()) main; //~ C0240 'accept' is bit<1>, not bool
