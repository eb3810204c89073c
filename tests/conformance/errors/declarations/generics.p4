// Type arguments: too many, too few, not to be inferred, contradicting each other.
#include "v1_begin.p4"

struct pair_t<T, U> { T x; U y; }
T same<T>(in T x) { return x; }
T fresh<T>() { T x; return x; }
void both<T>(in T x, inout T y) { y = x; }

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        pair_t<bit<8>> a; //~ C0206
        pair_t<bit<8>, bool, bool> b; //~ C0206
        pair_t c; //~ C0206
        h_t<bit<8>> d; //~ C0206
        hdr.h.a = same<bit<8>, bool>(1); //~ C0206
        hdr.h.a = fresh(); //~ C0221
        hdr.h.a = same(1); //~ C0213
        both(hdr.h.a, hdr.h.c); //~ C0207
        hdr.h.c = same<bit<16>>(hdr.h.a); //~ C0207
        hdr.h.a = fresh<bit<8>>() + same(hdr.h.b);
    }
}
#include "v1_end.p4"
