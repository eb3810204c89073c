// Functions: locals, several returns, out and inout, calls of functions, nested calls in expressions, overloads.
#include "v1_begin.p4"

bit<8> least(in bit<8> a, in bit<8> b) { return a < b ? a : b; }
bit<8> least(in bit<8> a, in bit<8> b, in bit<8> c) { return least(least(a, b), c); }
void split(in bit<16> x, out bit<8> hi, out bit<8> lo) {
    hi = x[15:8];
    lo = x[7:0];
}
bool bump(inout bit<8> x) {
    if (x == 0xFF) { return false; }
    bit<8> old = x;
    x = x + 1;
    return x > old;
}
T first<T, U>(in T a, in U b) { return a; }

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        bit<8> hi;
        bit<8> lo;
        split(hdr.h.c, hi, lo);
        split(lo = _, hi = meta.x, x = 0x4000);
        if (bump(hdr.h.a) && bump(hdr.h.b)) { hdr.h.d = 1; }
        hdr.h.c = least(hi, lo) ++ least(c = hi, b = lo, a = meta.x);
        hdr.h.d = hdr.h.d + first(32w2, true) + (bit<32>) first<bit<8>, bit<4>>(3, 1);
    }
}
#include "v1_end.p4"
