// All that makes one member of a union valid makes the others invalid; what makes one invalid leaves none.
#define MORE_HEADERS u_t u; u_t w;
header one_t { bit<8> v; }
header two_t { bit<16> v; }
header three_t { bit<8> v; bit<8> w; bit<8> x; }
header_union u_t { one_t one; two_t two; three_t three; }
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        if (hdr.h.a >= 1) { hdr.u.one.setValid(); hdr.u.one.v = 0x11; }
        if (hdr.h.a >= 2) { hdr.u.two = { 0x2222 }; }
        if (hdr.h.a >= 3) { hdr.u.three.setValid(); hdr.u.three = { 0x33, 0x44, 0x55 }; }
        if (hdr.h.a >= 4) { hdr.u.three.setInvalid(); }
        if (hdr.h.a == 5) { hdr.u.one.setValid(); hdr.u.one.v = 0x66; hdr.w = hdr.u; hdr.u.one.v = 0x77; }
        if (hdr.h.a == 6) { hdr.u.two = { 0x8888 }; hdr.u = hdr.w; }
        if (hdr.h.a == 7) { two_t t = { 0x9999 }; hdr.u.two = t; t.setInvalid(); hdr.w.one = { 1 }; hdr.w.two = t; }
        hdr.h.b = (hdr.u.isValid() ? 8w0x80 : 8w0) | (hdr.w.isValid() ? 8w0x40 : 8w0)
            | (hdr.u.one.isValid() ? 8w1 : 8w0) | (hdr.u.two.isValid() ? 8w2 : 8w0)
            | (hdr.u.three.isValid() ? 8w4 : 8w0);
        if (hdr.u == hdr.w) { hdr.h.c = 1; }
    }
}
#include "v1_end.p4"
