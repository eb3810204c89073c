// ?: of numbers, structs, headers and lists; nested; with sides that have no width of their own.
#define MORE_HEADERS h_t p; h_t q;
struct s_t { bit<8> x; bit<8> y; }
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        s_t one = { 1, 2 };
        s_t two = { 3, 4 };
        s_t s = hdr.h.a == 0 ? one : two;
        hdr.h.b = hdr.h.a > 1 ? (hdr.h.a > 2 ? 8w30 : 20) : 10;
        h_t invalid;
        hdr.p = hdr.h.a == 1 ? hdr.h : invalid;
        hdr.q = hdr.h.a == 2 ? { 9, 9, 9, 9 } : invalid;
        hdr.h.c = s.x ++ (hdr.h.a == 0 ? one.y : s.y);
        tuple<bit<8>, bool> t = hdr.h.a == 3 ? { 8w5, true } : { 8w6, false };
        hdr.h.d = (bit<32>)(t[1] ? t[0] : 0);
    }
}
#include "v1_end.p4"
