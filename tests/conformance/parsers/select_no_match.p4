// A select without default that matches nothing ends the parser with the error NoMatch; v1model goes on to ingress.
#define OWN_PARSER
#define MORE_HEADERS t_t t;
header t_t { bit<16> v; }
#include "v1_begin.p4"

parser Parse(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    state start {
        pkt.extract(hdr.h);
        transition select(hdr.h.a) {
            1: more;
            2: accept;
            3: reject;
        }
    }
    state more { pkt.extract(hdr.t); transition accept; }
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        if (std.parser_error == error.NoMatch) { hdr.h.b = 0xEE; }
        else if (std.parser_error == error.NoError) { hdr.h.b = 0x11; }
        if (hdr.t.isValid()) { hdr.t.setInvalid(); }
    }
}
#include "v1_end.p4"
