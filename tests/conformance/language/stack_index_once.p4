// The index of an l-value is read once: what computes it has its effect once.
#define MORE_HEADERS e_t[4] s;
#define OWN_PARSER
header e_t { bit<8> v; }
#include "v1_begin.p4"

parser Parse(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    state start {
        pkt.extract(hdr.h);
        pkt.extract(hdr.s[0]);
        pkt.extract(hdr.s[1]);
        pkt.extract(hdr.s[2]);
        pkt.extract(hdr.s[3]);
        transition accept;
    }
}

bit<2> following(inout bit<8> x) {
    x = x + 1;
    return x[1:0];
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        hdr.s[following(meta.x)].v = 0xEE;
        hdr.s[following(meta.x)].v[3:0] = 4w7;
        hdr.h.b = meta.x;
    }
}
#include "v1_end.p4"
