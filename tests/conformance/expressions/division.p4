// / and % of unsigned numbers by constants and by one another; a divisor that is no power of two.
#define MORE_HEADERS o_t o;
header o_t {
    bit<8> quarter;
    bit<8> rest;
    bit<16> seventh;
    bit<16> rest_seven;
    bit<32> wide;
    bit<8> constant;
}
#include "v1_begin.p4"

const int TEN = 100 / 7 - 4;

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        hdr.o.setValid();
        hdr.o.quarter = hdr.h.a / 4;
        hdr.o.rest = hdr.h.a % 4;
        hdr.o.seventh = hdr.h.c / 7;
        hdr.o.rest_seven = hdr.h.c % 7;
        hdr.o.wide = hdr.h.d / 32w1000;
        hdr.o.constant = TEN % 4 + 17 / 5;
    }
}
#include "v1_end.p4"
