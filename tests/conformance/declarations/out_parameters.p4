// What an `out` parameter holds before it is assigned: 0, an invalid header; also where the argument had a value.
#define MORE_HEADERS h_t p; h_t q;
#include "v1_begin.p4"

struct s_t { bit<8> x; bit<16> y; }

void half(out s_t s, in bit<8> x) { s.x = s.x + x; }
void nothing(out bit<8> x) { }
void plain(out h_t h) { h.a = 1; }
void valid(out h_t h) { h.setValid(); h.a = 1; }

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        s_t s = { 9, 9 };
        half(s, hdr.h.a);
        hdr.h.c = s.y + (8w0 ++ s.x);
        hdr.h.b = 7;
        nothing(hdr.h.b);
        hdr.p = hdr.h;
        hdr.q = hdr.h;
        plain(hdr.p);
        valid(hdr.q);
    }
}
#include "v1_end.p4"
