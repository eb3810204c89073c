// The deparser hands packet_out to a control of its own, twice, with a constructor's parameter.
#define OWN_DEPARSER
#define MORE_HEADERS t_t one; t_t two;
header t_t { bit<8> v; }
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        hdr.one = { 0x11 };
        if (hdr.h.a == 1) { hdr.two = { 0x22 }; }
    }
}

control Both(packet_out pkt, in t_t first, in t_t second)(bool swap) {
    apply {
        if (swap) { pkt.emit(second); pkt.emit(first); }
        else { pkt.emit(first); pkt.emit(second); }
    }
}

control DeparsePart(packet_out pkt, in headers_t hdr) {
    Both(false) plain;
    Both(true) swapped;
    apply {
        plain.apply(pkt, hdr.one, hdr.two);
        pkt.emit(hdr.h);
        swapped.apply(pkt, hdr.one, hdr.two);
    }
}
#include "v1_end.p4"
