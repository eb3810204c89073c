// 64 bits: carries over the whole width, products that lose their upper half, comparison as unsigned.
#define MORE_HEADERS o_t o;
header o_t {
    bit<64> sum;
    bit<64> product;
    bit<64> shifted;
}
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        bit<64> x = hdr.h.d ++ hdr.h.d;
        hdr.o.setValid();
        hdr.o.sum = x + 64w0xFFFF_FFFF_FFFF_FFFF;
        hdr.o.product = x * x;
        hdr.o.shifted = (x >> 63) | (x << 60);
        if (x > 64w0x7FFF_FFFF_FFFF_FFFF) {
            hdr.h.a = 1;
        }
    }
}
#include "v1_end.p4"
