// The l-value of an argument is found before the call, so that the call can't move it; values are read from left to right.
#define MORE_HEADERS tag_t[3] tag;
#define OWN_PARSER
header tag_t { bit<8> v; }
#include "v1_begin.p4"

parser Parse(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    state start {
        pkt.extract(hdr.h);
        pkt.extract(hdr.tag.next);
        pkt.extract(hdr.tag.next);
        pkt.extract(hdr.tag.next);
        transition accept;
    }
}

bit<8> step(inout bit<8> i) {
    i = i + 1;
    return i;
}
void put(inout bit<8> at, in bit<8> value) { at = at + value; }

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        put(hdr.tag[hdr.h.a].v, step(hdr.h.a));
        hdr.h.b = hdr.h.c[7:0] + step(hdr.h.c[7:0]);
    }
}
#include "v1_end.p4"
