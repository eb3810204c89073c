// What the parser doesn't extract is invalid in ingress; headers may also be made and filled in the parser.
#define OWN_PARSER
#define MORE_HEADERS t_t made; t_t never; t_t undone;
header t_t { bit<8> v; bit<8> w; }
#include "v1_begin.p4"

parser Parse(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    state start {
        pkt.extract(hdr.h);
        hdr.made.setValid();
        hdr.made.v = 0x55;
        hdr.made = { 0x56, hdr.made.v };
        pkt.extract(hdr.undone);
        hdr.undone.setInvalid();
        transition accept;
    }
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        hdr.h.a = 0;
        if (hdr.made.isValid()) { hdr.h.a = hdr.h.a + 1; }
        if (hdr.never.isValid()) { hdr.h.a = hdr.h.a + 2; }
        if (hdr.undone.isValid()) { hdr.h.a = hdr.h.a + 4; }
    }
}
#include "v1_end.p4"
