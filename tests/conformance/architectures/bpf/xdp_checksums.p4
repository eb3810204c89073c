// The checksum functions of the XDP architecture.
#include <core.p4>
#include <xdp_model.p4>

header eth_t {
    bit<48> dst;
    bit<48> src;
    bit<16> type;
}
header ip_t {
    bit<4> version;
    bit<4> ihl;
    bit<8> diffserv;
    bit<16> totalLen;
    bit<16> identification;
    bit<3> flags;
    bit<13> fragOffset;
    bit<8> ttl;
    bit<8> protocol;
    bit<16> sum;
    bit<32> src;
    bit<32> dst;
}
struct headers_t {
    eth_t eth;
    ip_t ip;
}

parser Parse(packet_in pkt, out headers_t h) {
    state start {
        pkt.extract(h.eth);
        pkt.extract(h.ip);
        transition accept;
    }
}
control Sw(inout headers_t h, in xdp_input i, out xdp_output o) {
    apply {
        o = { xdp_action.XDP_TX, 0 };
        if (h.eth.type == 0) {
            h.ip.sum = ebpf_ipv4_checksum(
                h.ip.version, h.ip.ihl, h.ip.diffserv, h.ip.totalLen, h.ip.identification, h.ip.flags, h.ip.fragOffset,
                h.ip.ttl, h.ip.protocol, h.ip.src, h.ip.dst);
        } else {
            h.ip.sum = csum_replace4(h.ip.sum, h.ip.src, 0x0a000002);
            h.ip.src = 0x0a000002;
        }
    }
}
control Deparse(in headers_t h, packet_out pkt) {
    apply { pkt.emit(h); }
}
xdp(Parse(), Sw(), Deparse()) main;
