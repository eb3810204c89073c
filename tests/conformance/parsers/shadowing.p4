// Names in parsers: a parameter hides a constant, a local of the parser hides nothing outside of it, states may be
// called like types, headers and fields, and a block's variable hides the parser's.
#define OWN_PARSER
#include "v1_begin.p4"

const bit<8> level = 0x33;

parser Parse(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    bit<8> level = 0x11;
    state start {
        pkt.extract(hdr.h);
        bit<8> first = level;
        hdr.h.a = first;
        transition h;
    }
    state h {
        if (hdr.h.b == 1) {
            bit<8> level = 0x22;
            hdr.h.a = level;
        }
        if (hdr.h.b == 2) { hdr.h.a = .level; }
        transition h_t;
    }
    state h_t { transition accept; }
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply { hdr.h.d[7:0] = level; }
}
#include "v1_end.p4"
