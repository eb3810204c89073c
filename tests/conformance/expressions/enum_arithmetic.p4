// Enums with a representation become numbers by themselves: in sums, shifts, slices, concatenation, comparison,
// indices, arguments.
#define MORE_HEADERS e_t[4] s; o_t o;
header e_t { bit<8> v; }
header o_t { bit<8> v0; bit<16> v1; bit<16> v2; bit<8> v3; int<8> v4; bit<8> v5; }
#include "v1_begin.p4"

enum bit<8> E { THREE = 3, FIVE = 5 }
enum bit<8> F { THREE = 3 }
enum int<8> I { MINUS = -5 }

bit<8> double(in bit<8> x) { return x * 2; }

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        E e = (E)hdr.h.a;
        hdr.s = { { 10 }, { 11 }, { 12 }, { 13 } };
        hdr.o.setValid();
        hdr.o.v0 = e + E.FIVE - 1;
        hdr.o.v1 = 16w1 << E.FIVE;
        hdr.o.v2 = e ++ (-F.THREE);
        hdr.o.v3 = 2w0 ++ hdr.h.b[E.FIVE:0];
        hdr.o.v4 = I.MINUS * 2;
        hdr.o.v5 = hdr.s[F.THREE].v | e << 4;
        if (e > F.THREE) { hdr.h.c = 1; }
        if (e == 5) { hdr.h.c = hdr.h.c + 2; }
        if (hdr.h.a == e && E.THREE != F.THREE) { hdr.h.c = hdr.h.c + 4; }
        hdr.h.d[7:0] = double(E.FIVE);
    }
}
#include "v1_end.p4"
