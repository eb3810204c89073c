// Variables, tuples, slices, chains of if and compound assignments in a state.
#define OWN_PARSER
#define MORE_HEADERS t_t t;
header t_t { bit<8> v; bit<8> w; }
#include "v1_begin.p4"

parser Parse(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    bit<8> a; bit<8> b = 3; const bit<8> K = 4; bool flag = false;
    tuple<bit<8>, bool> tup = { 1, true };
    state start {
        pkt.extract(hdr.h);
        a = b; b = a + K;
        flag = !flag && hdr.h.a < b || tup[1];
        hdr.h.b = flag ? a : b;
        bit<8> c;
        c = hdr.h.a;
        c[3:0] = 4w5;
        c[7:4] = c[3:0];
        hdr.h.c[15:8] = c;
        { bit<8> c2 = c; { hdr.h.c[7:0] = c2; } }
        if (c == 0x55) hdr.h.d = 1; else if (c == 0x56) { hdr.h.d = 2; } else hdr.h.d = 3;
        a += 1; b -= 1; c <<= 1; c |= 1; c ^= 0xF; c |+|= 200;
        hdr.h.a = c;
        ;
        transition accept;
    }
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply { } }
#include "v1_end.p4"
