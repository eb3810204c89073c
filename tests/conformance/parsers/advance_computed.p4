// advance by a number of bits that a field gives, by 0, and by a constant expression.
#define OWN_PARSER
#define MORE_HEADERS p_t p; t_t t;
header t_t { bit<8> v; }
header p_t { bit<64> v; }
#include "v1_begin.p4"

const bit<32> WORD = 32;

parser Parse(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    state start {
        pkt.extract(hdr.h);
        pkt.extract(hdr.p);
        pkt.advance((bit<32>)hdr.h.a << 3);
        transition select(hdr.h.b) {
            0: take;
            1: constant;
        }
    }
    state constant { pkt.advance(WORD - 3 * 8); transition take; }
    state take { pkt.extract(hdr.t); transition accept; }
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply { if (hdr.t.isValid()) { hdr.t.v = ~hdr.t.v; } else { hdr.h.c = 0xEEEE; } }
}
#include "v1_end.p4"
