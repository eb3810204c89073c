// A header without fields: it can be valid and takes no bytes.
#define OWN_PARSER
#define MORE_HEADERS e_t e; t_t x;
header e_t { }
header t_t { bit<8> v; }
#include "v1_begin.p4"

parser Parse(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    state start {
        pkt.extract(hdr.h);
        pkt.extract(hdr.e);
        transition accept;
    }
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        if (hdr.e.isValid()) { hdr.h.b = 9; }
        hdr.e.setInvalid();
        if (!hdr.e.isValid()) { hdr.h.a = 1; }
        hdr.e.setValid();
    }
}
#include "v1_end.p4"
