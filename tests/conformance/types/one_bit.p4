// One-bit numbers: all arithmetic is modulo 2; `bit` is bit<1>; int<1> has only 0 and -1.
#define MORE_HEADERS o_t o;
header o_t { bit sum; bit difference; bit product; bit inverse; bit<1> shifted; bit<1> saturated; int<1> minus; int<1> twice; }
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        bit x = hdr.h.a[0:0];
        bit<1> y = hdr.h.b[0:0];
        int<1> s = (int<1>)x;
        hdr.o = { x + y, x - y, x * y, ~x, x << y, x |+| y, -s, s + s };
        if (s < 0) { hdr.h.c = 1; }
    }
}
#include "v1_end.p4"
