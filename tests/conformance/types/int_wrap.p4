// int<W> is two's complement: overflow wraps, and a negative number fills its upper bits when it is widened.
#define MORE_HEADERS o_t o;
header o_t {
    int<8> sum;
    int<8> difference;
    int<8> product;
    int<8> negative;
    int<16> wide;
}
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        int<8> x = (int<8>)hdr.h.a;
        int<8> y = (int<8>)hdr.h.b;
        hdr.o.setValid();
        hdr.o.sum = x + y;
        hdr.o.difference = x - y;
        hdr.o.product = x * y;
        hdr.o.negative = -x;
        hdr.o.wide = (int<16>)x;
    }
}
#include "v1_end.p4"
