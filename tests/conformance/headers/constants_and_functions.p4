// Headers as constants, as results and parameters of functions, in structs that functions give; sizes of types; a
// loop over indexes.
#define MORE_HEADERS t_t[3] s; t_t c;
header t_t { bit<8> v; bit<8> w; }
#include "v1_begin.p4"

const t_t C = { 7, 8 };
struct st { t_t h; t_t[2] s; bit<8> n; }
t_t make(in bit<8> v) { t_t r = { v, v + 1 }; return r; }
st make2(in t_t h) { st r; r.h = h; r.s[0] = h; r.n = 3; return r; }
bool is(in t_t h) { return h.isValid(); }
control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        hdr.c = C;
        hdr.s[0] = make(hdr.h.a);
        st x = make2(hdr.s[0]);
        hdr.s[1] = x.s[0];
        hdr.s[2] = x.s[1];
        hdr.h.b = x.n + (bit<8>)hdr.c.minSizeInBytes() + (bit<8>)t_t.maxSizeInBits();
        if (is(hdr.s[2])) { hdr.h.c = 1; }
        if (is(hdr.s[1])) { hdr.h.d = 1; }
        for (bit<32> i = 0; i < 3; i = i + 1) { hdr.s[i].w = hdr.s[i].w + 1; }
    }
}
#include "v1_end.p4"
