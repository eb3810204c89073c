// The left side of an assignment is evaluated before the right one.
#define MORE_HEADERS e_t[4] s;
header e_t { bit<8> v; }
#include "v1_begin.p4"

bit<2> next(inout bit<8> n) {
    n = n + 1;
    return n[1:0];
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        bit<8> n = 0;
        hdr.s = { { 0x10 }, { 0x11 }, { 0x12 }, { 0x13 } };
        hdr.s[next(n)].v = 6w0 ++ next(n);
        bit<8> i = 3;
        hdr.s[i[1:0]].v = 6w1 ++ next(i);
        hdr.h.b = i;
    }
}
#include "v1_end.p4"
