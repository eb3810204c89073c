// Stacks as values: assigned whole, compared, given by lists with `...` and `{#}`, passed and returned.
#define MORE_HEADERS e_t[3] s;
header e_t { bit<8> v; }
#include "v1_begin.p4"

void shift(inout e_t[3] s) { s.push_front(1); s[0] = { 0xAA }; }
bit<8> total(in e_t[3] s) { return s[0].v + s[1].v + s[2].v; }

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        e_t[3] t = { { 1 }, { 2 }, {#} };
        e_t[3] u = (e_t[3]){ { hdr.h.a }, ... };
        hdr.s = t;
        if (hdr.s == t && t != u) { hdr.h.b[0:0] = 1; }
        shift(t);
        if (hdr.s != t) { hdr.h.b[1:1] = 1; }
        if (hdr.h.a == 1) { hdr.s = u; }
        if (hdr.h.a == 2) { hdr.s = t; }
        if (hdr.h.a == 3) { hdr.s = ...; }
        if (u[0].isValid() && !u[1].isValid()) { hdr.h.b[2:2] = 1; }
        hdr.h.c = 8w0 ++ total(t);
        hdr.h.d = hdr.s.size;
    }
}
#include "v1_end.p4"
