// Elements of a stack by next, last, lastIndex and numbers in one state: only extract moves next on.
#define OWN_PARSER
#define MORE_HEADERS t_t[3] s; t_t x;
header t_t { bit<8> v; }
#include "v1_begin.p4"

parser Parse(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    state start {
        pkt.extract(hdr.h);
        pkt.extract(hdr.s.next); pkt.extract(hdr.s.next);
        hdr.s[hdr.s.lastIndex].v = 0x77;
        hdr.s.next.setValid();
        hdr.s.next.v = 0x88;
        pkt.extract(hdr.s[0]);
        hdr.h.b = hdr.s.last.v;
        transition select(hdr.s.last.v, hdr.s.lastIndex) { (0x77, 1): accept; }
    }
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) { apply { } }
#include "v1_end.p4"
