// uBPF, newer version: packets are changed and deparsed; standard metadata says where they go.
#define UBPF_MODEL_VERSION 20200515
#include <core.p4>
#include <ubpf_model.p4>

header eth_t {
    bit<48> dst;
    bit<48> src;
    bit<16> type;
}
header tag_t {
    bit<8> a;
    bit<8> b;
    bit<16> sum;
}
struct headers_t {
    eth_t eth;
    tag_t tag;
}
struct meta_t {
    bit<32> arrived;
}

parser Parse(packet_in pkt, out headers_t h, inout meta_t m, inout standard_metadata std) {
    state start {
        m.arrived = std.input_port;
        pkt.extract(h.eth);
        pkt.extract(h.tag);
        transition select(h.tag.a) {
            9: reject;
            default: accept;
        }
    }
}
control Pipe(inout headers_t h, inout meta_t m, inout standard_metadata std) {
    Register<bit<8>, bit<32>>(16) last;
    apply {
        h.tag.b = last.read(m.arrived);
        last.write(m.arrived, h.tag.a);
        if (h.tag.a == 1) { mark_to_drop(); }
        if (h.tag.a == 2) { mark_to_drop(); mark_to_pass(); }
        if (h.tag.a == 3) { std.output_action = ubpf_action.DROP; }
        if (h.tag.a == 4) { std.output_action = ubpf_action.REDIRECT; std.output_port = 6; }
        if (h.tag.a == 5) { h.tag.sum = csum_replace2(h.tag.sum, 0x1111, 0x2222); }
        if (h.tag.a == 6) { h.tag.sum = csum_replace4(h.tag.sum, 0x00011111, 0x00022222); }
        if (h.tag.a == 7) { h.tag.sum = (bit<16>) std.packet_length; }
    }
}
control Deparse(packet_out pkt, in headers_t h) {
    apply {
        pkt.emit(h.eth);
        pkt.emit(h.tag);
    }
}
ubpf(Parse(), Pipe(), Deparse()) main;
