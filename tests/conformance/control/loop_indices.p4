// A loop's variable as the index of a stack; loops around loops; a loop that the body ends by itself.
#define MORE_HEADERS tag_t[4] tag;
#define OWN_PARSER
header tag_t { bit<8> v; }
#include "v1_begin.p4"

parser Parse(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    state start {
        pkt.extract(hdr.h);
        pkt.extract(hdr.tag.next);
        pkt.extract(hdr.tag.next);
        pkt.extract(hdr.tag.next);
        pkt.extract(hdr.tag.next);
        transition accept;
    }
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        for (bit<32> i = 0; i < 3; i += 1) {
            for (bit<32> j = 0; j + 1 < 4 - i; j += 1) {
                if (hdr.tag[j].v > hdr.tag[j + 1].v) {
                    bit<8> larger = hdr.tag[j].v;
                    hdr.tag[j].v = hdr.tag[j + 1].v;
                    hdr.tag[j + 1].v = larger;
                }
            }
        }
        bit<8> at = 0;
        for (; true; ) {
            if (hdr.tag[at].v >= hdr.h.a || at == 3) { break; }
            at += 1;
        }
        hdr.h.b = hdr.tag[at].v;
        for (tag_t t in hdr.tag) { hdr.h.c = hdr.h.c + (bit<16>) t.v; }
    }
}
#include "v1_end.p4"
