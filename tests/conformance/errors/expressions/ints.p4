// `int` has no width: what needs one, and what it doesn't have.
#include "v1_begin.p4"

const int A = -7 / 2; //~ C0211
const int B = 7 % -2; //~ C0211
const int C = 7 / 0; //~ C0212
const int D = 5 |+| 6; //~ C0213
const int E = ~1; //~ C0211
const int F = 1 << -1; //~ C0211

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        bit<16> a = hdr.h.a ++ 1; //~ C0213
        bit<8> b = 1 << hdr.h.a; //~ C0213
        bit<8> c = hdr.h.a << -1; //~ C0211
        bit<8> d = hdr.h.a << (int<8>)hdr.h.b; //~ C0211
        bit<8> e = hdr.h.a / 0; //~ C0212
        bit<8> f = 256; //~ warning C0208
        bit<4> g = 4w16; //~ warning C0208
        int<8> h = (int<8>)hdr.h.a / 2; //~ C0211
        bit<8> fine = -1;
    }
}
#include "v1_end.p4"
