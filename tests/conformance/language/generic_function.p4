// A function's type parameters, given and inferred; each call has its own types.
#include "v1_begin.p4"

T same<T>(in T x) { return x; }

T larger<T>(in T x, in T y, in bool first) {
    T result = y;
    if (first) { result = x; }
    return result;
}

void swap<A>(inout A x, inout A y) {
    A held = x;
    x = y;
    y = held;
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        hdr.h.c = same(hdr.h.c) + same<bit<16>>(1);
        hdr.h.d = larger(hdr.h.d, 32w7, hdr.h.d > 7);
        swap(hdr.h.a, hdr.h.b);
    }
}
#include "v1_end.p4"
