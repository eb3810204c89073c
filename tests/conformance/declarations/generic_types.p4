// Structs, headers and stacks with type parameters; nested; passed to generic functions.
#define MORE_HEADERS val_t<bit<16>> v; val_t<bit<8>>[2] s; both_t<bit<4>, int<4>> w;
header val_t<T> { T value; }
header both_t<A, B> { A first; B second; }
#include "v1_begin.p4"

struct pair_t<T, U> { T left; U right; }
struct nested_t<T> { pair_t<T, bool> p; tuple<T, T> t; }
const pair_t<bit<8>, bit<8>> K = { left = 3, right = 4 };

T first<T, U>(in pair_t<T, U> p) { return p.left; }
void swap<T>(inout pair_t<T, T> p) {
    T held = p.left;
    p.left = p.right;
    p.right = held;
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        pair_t<bit<8>, bit<8>> p = { hdr.h.a, hdr.h.b };
        swap(p);
        nested_t<bit<16>> n = { { hdr.h.c, true }, { 1, 2 } };
        hdr.v.setValid();
        hdr.v.value = first(n.p) + n.t[1];
        hdr.s[0] = { p.left };
        hdr.s[1] = { first(K) };
        hdr.w = { 5, -5 };
        if (n.p.right && n.p == { hdr.h.c, true }) { hdr.h.d = 1; }
    }
}
#include "v1_end.p4"
