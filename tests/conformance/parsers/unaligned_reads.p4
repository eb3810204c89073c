// Reads at places between bytes. XDP programs read from whole bytes only, and refuse.
#define OWN_PARSER
#define MORE_HEADERS t_t t;
header t_t { bit<4> a; bit<12> b; }
#include "v1_begin.p4"

parser Parse(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    state start {
        pkt.extract(hdr.h);
        pkt.advance(4);
        pkt.extract(hdr.t);
        bit<8> x = pkt.lookahead<bit<8>>();
        pkt.advance(4);
        hdr.h.b = x;
        transition accept;
    }
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply { } }
#include "v1_end.p4"
