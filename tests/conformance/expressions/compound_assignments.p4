// All forms of `x op= y`, on fields, slices and signed numbers.
#define MORE_HEADERS o_t o;
header o_t {
    bit<8> plus; bit<8> minus; bit<8> times; bit<8> over; bit<8> modulo;
    bit<8> and_; bit<8> or_; bit<8> xor_; bit<8> left; bit<8> right;
    bit<8> plus_saturating; bit<8> minus_saturating;
    int<8> signed_right;
    bit<8> sliced;
}
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        bit<8> x = hdr.h.a;
        bit<8> y = hdr.h.b;
        hdr.o = { x, x, x, x, x, x, x, x, x, x, x, x, (int<8>)x, x };
        hdr.o.plus += y;
        hdr.o.minus -= y;
        hdr.o.times *= y;
        hdr.o.over /= 3;
        hdr.o.modulo %= 16;
        hdr.o.and_ &= y;
        hdr.o.or_ |= y;
        hdr.o.xor_ ^= y;
        hdr.o.left <<= 2;
        hdr.o.right >>= y;
        hdr.o.plus_saturating |+|= y;
        hdr.o.minus_saturating |-|= y;
        hdr.o.signed_right >>= 1;
        hdr.o.sliced[3:0] += 4w15;
    }
}
#include "v1_end.p4"
