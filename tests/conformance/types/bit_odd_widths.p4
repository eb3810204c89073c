// Widths that fill no machine word: 1, 7 and 33 bits, where nothing may leak beyond the top bit.
#define MORE_HEADERS o_t o;
header o_t {
    bit<1> one;
    bit<7> seven;
    bit<33> long;
    bit<7> rest;
}
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        bit<1> x = hdr.h.a[0:0];
        bit<7> y = hdr.h.b[6:0];
        bit<33> z = (bit<33>)hdr.h.d;
        hdr.o.setValid();
        hdr.o.one = x + 1;
        hdr.o.seven = y * 3;
        hdr.o.long = z + z + 33w1;
        hdr.o.rest = -y;
        if (y - 1 > y) {
            hdr.h.c = 1;
        }
        if (z - 1 > z) {
            hdr.h.c = hdr.h.c | 2;
        }
    }
}
#include "v1_end.p4"
