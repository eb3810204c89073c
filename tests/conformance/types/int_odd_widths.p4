// int<1> has the values 0 and -1; int<5> has -16 to 15; int<33> keeps its sign bit above a machine word's half.
#define MORE_HEADERS o_t o;
header o_t {
    int<1> one;
    int<5> five;
    int<2> cut;
    int<40> wide;
}
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        int<1> x = (int<1>)hdr.h.a[0:0];
        int<5> y = (int<5>)hdr.h.b[4:0];
        int<33> z = (int<33>)(int<32>)hdr.h.d;
        hdr.o.setValid();
        hdr.o.one = x;
        hdr.o.five = y + 1;
        hdr.o.cut = (int<2>)y;
        hdr.o.wide = (int<40>)(z + z);
        if (x < 0) {
            hdr.h.c = 1;
        }
        if (y > 0) {
            hdr.h.c = hdr.h.c + 2;
        }
        if (z + z < 0) {
            hdr.h.c = hdr.h.c + 4;
        }
    }
}
#include "v1_end.p4"
