// Functions with type parameters that build and take apart generic structs, given and inferred.
#include "v1_begin.p4"

struct box_t<T> { T v; }
box_t<T> wrap<T>(in T x) { return { x }; }
T unwrap<T>(in box_t<T> b) { return b.v; }
void move<T, U>(in T x, out T y, inout U a, in U b) {
    y = x;
    a = b;
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        hdr.h.a = unwrap(wrap(hdr.h.a)) + 1;
        hdr.h.c = wrap(hdr.h.c).v + wrap<bit<16>>(2).v;
        box_t<box_t<bit<8>>> nested = { { 3 } };
        hdr.h.b = unwrap(unwrap(nested));
        bool flag = false;
        move(hdr.h.d, hdr.h.d, flag, unwrap(wrap(true)));
        if (flag) { hdr.h.d = hdr.h.d | 1; }
    }
}
#include "v1_end.p4"
