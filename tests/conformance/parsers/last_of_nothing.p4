// last of a stack into which nothing was extracted is StackOutOfBounds.
#define OWN_PARSER
#define MORE_HEADERS t_t[3] s; t_t x;
header t_t { bit<8> v; }
#include "v1_begin.p4"

parser Parse(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    state start {
        pkt.extract(hdr.h);
        transition select(hdr.s.last.v) { 0: accept; default: accept; }
    }
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        if (std.parser_error == error.StackOutOfBounds) { hdr.h.b = 9; }
    }
}
#include "v1_end.p4"
