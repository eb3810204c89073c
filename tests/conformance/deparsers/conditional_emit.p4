// if, else, switch-like chains, locals, actions and functions in a deparser.
#define OWN_DEPARSER
#define MORE_HEADERS t_t one; t_t two;
header t_t { bit<8> v; }
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        hdr.one = { 0x11 };
        hdr.two = { 0x22 };
        if (hdr.h.b == 1) { hdr.one.setInvalid(); }
    }
}

bool wants_two(in bit<8> a) { return a == 2 || a == 3; }

control DeparsePart(packet_out pkt, in headers_t hdr) {
    bit<8> count = 0;
    t_t extra;
    action more(bit<8> by) { count = count + by; }
    apply {
        pkt.emit(hdr.h);
        if (hdr.h.a == 1) {
            pkt.emit(hdr.one);
            more(1);
        } else if (wants_two(hdr.h.a)) {
            pkt.emit(hdr.two);
            pkt.emit(hdr.one);
            more(2);
        }
        if (hdr.h.a == 4) { return; }
        extra.setValid();
        extra.v = count;
        pkt.emit(extra);
    }
}
#include "v1_end.p4"
