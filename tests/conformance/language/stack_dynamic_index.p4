// A header stack indexed by a value of the packet: reads, writes, validity, slices.
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

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        bit<2> i = hdr.h.a[1:0];
        hdr.h.b = hdr.s[i].v;
        hdr.s[i].v = hdr.s[i].v + 1;
        hdr.s[i].v[7:6] = 2w3;
        if (hdr.h.c == 1) { hdr.s[i].setInvalid(); }
        if (hdr.h.c == 2) { hdr.s[i] = hdr.s[i + 1]; }
    }
}
#include "v1_end.p4"
