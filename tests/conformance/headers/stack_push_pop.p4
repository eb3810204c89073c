// push_front and pop_front by less than, as much as and more than the size: what comes in is invalid.
#define MORE_HEADERS t_t[3] s;
#define OWN_PARSER
header t_t { bit<8> v; }
#include "v1_begin.p4"

parser Parse(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    state start {
        pkt.extract(hdr.h);
        transition select(hdr.h.b) { 0: accept; default: more; }
    }
    state more {
        pkt.extract(hdr.s.next);
        hdr.h.b = hdr.h.b - 1;
        transition select(hdr.h.b) { 0: accept; default: more; }
    }
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        if (hdr.h.a == 1) { hdr.s.push_front(1); hdr.s[0].setValid(); hdr.s[0].v = 0xF0; }
        if (hdr.h.a == 2) { hdr.s.push_front(2); }
        if (hdr.h.a == 3) { hdr.s.push_front(3); }
        if (hdr.h.a == 4) { hdr.s.push_front(7); }
        if (hdr.h.a == 5) { hdr.s.pop_front(1); }
        if (hdr.h.a == 6) { hdr.s.pop_front(2); hdr.s.push_front(1); }
        if (hdr.h.a == 7) { hdr.s.pop_front(4); }
        if (hdr.h.a == 8) { hdr.s.push_front(0); hdr.s.pop_front(0); }
        if (hdr.s[0].isValid()) { hdr.h.c[0:0] = 1; }
        if (hdr.s[1].isValid()) { hdr.h.c[1:1] = 1; }
        if (hdr.s[2].isValid()) { hdr.h.c[2:2] = 1; }
    }
}
#include "v1_end.p4"
