// Two instances of a parser within another one, three deep, with locals that start anew at each call.
#define OWN_PARSER
#define MORE_HEADERS t_t a1; t_t a2; t_t a3; t_t a4;
header t_t { bit<8> v; }
#include "v1_begin.p4"

parser Leaf(packet_in pkt, out t_t t, out bit<8> seen)(bit<8> base) {
    bit<8> count = base;
    state start {
        pkt.extract(t);
        count = count + 1;
        seen = count;
        transition accept;
    }
}

parser Pair(packet_in pkt, out t_t first, out t_t second, inout bit<16> sum)(bit<8> base) {
    Leaf(base) leaf;
    bit<8> seen;
    state start {
        leaf.apply(pkt, first, seen);
        sum = sum + (bit<16>)seen;
        transition other;
    }
    state other {
        leaf.apply(pkt, second, seen);
        sum = sum + (bit<16>)seen;
        transition accept;
    }
}

parser Parse(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    Pair(0x10) low;
    Pair(0x40) high;
    state start {
        pkt.extract(hdr.h);
        low.apply(pkt, hdr.a1, hdr.a2, hdr.h.c);
        high.apply(pkt, hdr.a3, hdr.a4, hdr.h.c);
        transition accept;
    }
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) { apply { } }
#include "v1_end.p4"
