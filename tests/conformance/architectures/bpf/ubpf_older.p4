// uBPF, older version: no standard metadata; mark_to_drop() and mark_to_pass() say what becomes of the packet.
#include <core.p4>
#include <ubpf_model.p4>

header eth_t {
    bit<48> dst;
    bit<48> src;
    bit<16> type;
}
struct headers_t {
    eth_t eth;
}
struct meta_t { }

parser Parse(packet_in pkt, out headers_t h, inout meta_t m) {
    state start {
        pkt.extract(h.eth);
        transition accept;
    }
}
control Pipe(inout headers_t h, inout meta_t m) {
    apply {
        if (h.eth.type == 1) { mark_to_drop(); } else { h.eth.type = 0xBEEF; }
    }
}
control Deparse(packet_out pkt, in headers_t h) {
    apply { pkt.emit(h.eth); }
}
ubpf(Parse(), Pipe(), Deparse()) main;
