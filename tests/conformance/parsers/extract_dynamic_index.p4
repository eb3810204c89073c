// Extracting into an element of a stack that a field of the packet chooses.
#define OWN_PARSER
#define MORE_HEADERS t_t[3] s;
header t_t { bit<8> v; }
#include "v1_begin.p4"

parser Parse(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    state start {
        pkt.extract(hdr.h);
        bit<2> i = hdr.h.a[1:0];
        pkt.extract(hdr.s[i]);
        i = i + 1;
        pkt.extract(hdr.s[i]);
        transition accept;
    }
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        hdr.h.b = 0;
        if (hdr.s[0].isValid()) { hdr.h.b = hdr.h.b | 1; }
        if (hdr.s[1].isValid()) { hdr.h.b = hdr.h.b | 2; }
        if (hdr.s[2].isValid()) { hdr.h.b = hdr.h.b | 4; }
        hdr.s[1].v = hdr.s[1].v + 1;
    }
}
#include "v1_end.p4"
