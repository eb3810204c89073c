// Value sets of bits, tuples and structs, which hold nothing: their cases never match.
#define OWN_PARSER
#include "v1_begin.p4"

struct vs_t { @match(ternary) bit<8> a; @match(exact) bit<8> b; }
parser Parse(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    @name("first") value_set<bit<8>>(4) one;
    value_set<tuple<bit<8>, bit<8>>>(4) two;
    value_set<vs_t>(4) three;
    state start {
        pkt.extract(hdr.h);
        transition select(hdr.h.a) { one: reject; 1: second; default: accept; }
    }
    state second { transition select(hdr.h.a, hdr.h.b) { two: reject; three: reject; (one, _): reject; (1, 2): third; _: accept; } }
    state third { hdr.h.c = 3; transition accept; }
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply { } }
#include "v1_end.p4"
