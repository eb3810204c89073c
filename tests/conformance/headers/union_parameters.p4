// Unions and their members as parameters: what makes a member valid in a callee makes the others invalid.
#define MORE_HEADERS u_t u;
header one_t { bit<8> v; }
header two_t { bit<16> v; }
header_union u_t { one_t one; two_t two; }
#include "v1_begin.p4"

bit<16> value(in u_t u) { if (u.one.isValid()) return (bit<16>)u.one.v; if (u.two.isValid()) return u.two.v; return 0; }
control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    action grow(inout u_t u) { bit<16> v = (bit<16>)u.one.v; u.two.setValid(); u.two.v = v; }
    action reset(out u_t u) { }
    action direct(inout one_t o, in bit<8> v) { o.setValid(); o.v = v; }
    apply {
        direct(hdr.u.one, 5);
        hdr.h.c = value(hdr.u);
        if (hdr.h.a >= 1) { grow(hdr.u); }
        if (hdr.h.a >= 2) { reset(hdr.u); }
        if (hdr.h.a == 3) { hdr.u.two = {7}; direct(hdr.u.one, 6); }
        hdr.h.b = (hdr.u.one.isValid() ? 8w1 : 0) + (hdr.u.two.isValid() ? 8w2 : 0);
    }
}
#include "v1_end.p4"
