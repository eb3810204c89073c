// The XDP architecture: the switch says what becomes of the packet; at first XDP_ABORTED.
#include <core.p4>
#include <xdp_model.p4>

header eth_t {
    bit<48> dst;
    bit<48> src;
    bit<16> type;
}
struct headers_t {
    eth_t eth;
}

parser Parse(packet_in pkt, out headers_t h) {
    state start {
        pkt.extract(h.eth);
        transition accept;
    }
}
control Sw(inout headers_t h, in xdp_input i, out xdp_output o) {
    CounterArray(32w8, false) from;
    apply {
        from.increment(i.input_port);
        o.output_port = 0;
        o.output_action = xdp_action.XDP_PASS;
        if (h.eth.type == 1) { o.output_action = xdp_action.XDP_DROP; }
        if (h.eth.type == 2) {
            bit<48> dst = h.eth.dst;
            h.eth.dst = h.eth.src;
            h.eth.src = dst;
            o.output_action = xdp_action.XDP_TX;
        }
        if (h.eth.type == 3) { o.output_action = xdp_action.XDP_REDIRECT; o.output_port = 5; }
        if (h.eth.type == 4) { o.output_action = xdp_action.XDP_ABORTED; }
    }
}
control Deparse(in headers_t h, packet_out pkt) {
    apply { pkt.emit(h.eth); }
}
xdp(Parse(), Sw(), Deparse()) main;
