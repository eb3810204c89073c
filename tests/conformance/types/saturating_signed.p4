// |+| and |-| of int<W> stop at both ends.
#define MORE_HEADERS o_t o;
header o_t {
    int<8> sum;
    int<8> difference;
    int<4> small;
    int<4> less;
    int<64> wide;
}
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        int<8> x = (int<8>)hdr.h.a;
        int<8> y = (int<8>)hdr.h.b;
        hdr.o.setValid();
        hdr.o.sum = x |+| y;
        hdr.o.difference = x |-| y;
        hdr.o.small = (int<4>)x |+| (int<4>)y;
        hdr.o.less = (int<4>)x |-| (int<4>)y;
        hdr.o.wide = (int<64>)(int<32>)hdr.h.d |+| 64s0x7FFF_FFFF_FFFF_FFF0;
    }
}
#include "v1_end.p4"
