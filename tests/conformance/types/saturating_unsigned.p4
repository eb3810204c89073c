// |+| and |-| of bit<W> stop at 2^W - 1 and at 0.
#define MORE_HEADERS o_t o;
header o_t {
    bit<8> sum;
    bit<8> difference;
    bit<5> small;
    bit<3> less;
    bit<32> wide;
}
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        hdr.o.setValid();
        hdr.o.sum = hdr.h.a |+| hdr.h.b;
        hdr.o.difference = hdr.h.a |-| hdr.h.b;
        hdr.o.small = hdr.h.a[4:0] |+| hdr.h.b[4:0];
        hdr.o.less = hdr.h.a[2:0] |-| hdr.h.b[2:0];
        hdr.o.wide = hdr.h.d |+| 32w0x8000_0000;
    }
}
#include "v1_end.p4"
