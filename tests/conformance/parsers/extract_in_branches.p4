// Extracting in the branches of an if, into stacks too: what `next` is afterwards depends on the way taken.
#define OWN_PARSER
#define MORE_HEADERS t_t[4] s; t_t alone;
header t_t { bit<8> v; }
#include "v1_begin.p4"

parser Parse(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    state start {
        pkt.extract(hdr.h);
        if (hdr.h.a == 1) {
            pkt.extract(hdr.s.next);
            if (hdr.h.b == 1) { pkt.extract(hdr.s.next); }
        } else if (hdr.h.a == 2) {
            pkt.extract(hdr.alone);
        }
        pkt.extract(hdr.s.next);
        hdr.h.c = 8w0 ++ hdr.s.last.v;
        hdr.h.d = hdr.s.lastIndex;
        transition accept;
    }
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply { hdr.s[0].v = 0x77; }
}
#include "v1_end.p4"
