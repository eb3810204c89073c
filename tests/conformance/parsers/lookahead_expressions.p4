// lookahead within expressions, its members, as a value for a header, and in a select.
#define OWN_PARSER
#define MORE_HEADERS t_t t; w_t w;
header t_t { bit<4> hi; bit<4> lo; }
header w_t { bit<16> x; }
#include "v1_begin.p4"

parser Parse(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    state start {
        pkt.extract(hdr.h);
        if (pkt.lookahead<t_t>().hi == 4 && pkt.lookahead<bit<16>>()[7:0] != 0) {
            hdr.t = pkt.lookahead<t_t>();
            pkt.advance(8);
        }
        hdr.h.b = pkt.lookahead<bit<8>>() + 1;
        transition select(pkt.lookahead<t_t>().lo, pkt.lookahead<tuple<bit<8>, bit<8>>>()[1]) {
            (5, _): w;
            (_, 0x11): w;
            default: accept;
        }
    }
    state w { pkt.extract(hdr.w); transition accept; }
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply { if (hdr.w.isValid()) { hdr.w.x = 0xFFFF; } } }
#include "v1_end.p4"
