// bit<W> is a number modulo 2^W: +, -, *, unary minus and ~ wrap.
#define MORE_HEADERS o_t o;
header o_t {
    bit<8> sum;
    bit<8> difference;
    bit<8> product;
    bit<8> negative;
    bit<8> inverse;
    bit<8> plus;
}
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        hdr.o.setValid();
        hdr.o.sum = hdr.h.a + hdr.h.b;
        hdr.o.difference = hdr.h.a - hdr.h.b;
        hdr.o.product = hdr.h.a * hdr.h.b;
        hdr.o.negative = -hdr.h.a;
        hdr.o.inverse = ~hdr.h.a;
        hdr.o.plus = +hdr.h.a;
    }
}
#include "v1_end.p4"
