// Headers in structs and tuples: by lists, by names, by defaults, copied and compared whole.
#define MORE_HEADERS t_t a; t_t b;
header t_t { bit<8> v; bit<8> w; }
struct st { t_t h; bit<8> n; }
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        tuple<t_t, bit<8>> t = { { 1, 2 }, 3 };
        st s = { { 4, 5 }, 6 };
        st s2 = { h = t[0], n = t[1] };
        st s3 = { ... };
        hdr.a = s.h;
        hdr.b = s2.h;
        s = s2;
        if (s == s2 && s3.n == 0 && !s3.h.isValid()) { hdr.h.b = s.n; }

    }
}
#include "v1_end.p4"
