// Which operator binds tighter. Unlike in C, &, ^ and | bind tighter than comparisons.
#define MORE_HEADERS o_t o;
header o_t {
    bit<8> arithmetic;
    bit<8> shifts;
    bit<8> bits;
    bit<16> joined;
    bit<8> unary;
    bit<8> chosen;
    bit<8> cast;
}
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        bit<8> x = hdr.h.a;
        bit<8> y = hdr.h.b;
        hdr.o.setValid();
        hdr.o.arithmetic = x + y * 2 - x / 2 % 3;
        hdr.o.shifts = x << 1 + 1;
        hdr.o.bits = x | y & 0x0F ^ 0x05;
        hdr.o.joined = x ++ y + 16w1;
        hdr.o.unary = -x + ~y;
        hdr.o.chosen = x > y ? 8w1 : x == y ? 8w2 : 8w3;
        hdr.o.cast = (bit<8>)hdr.h.c + 1;
        hdr.h.d = 0;
        if (x & 1 == 1 && y | 1 == 1 || x ^ y == 0xFF) {
            hdr.h.d = 1;
        }
        if (!(x == 1) == (y == 2)) {
            hdr.h.d = hdr.h.d + 2;
        }
    }
}
#include "v1_end.p4"
