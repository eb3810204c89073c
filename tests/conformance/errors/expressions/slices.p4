// Slices outside of their value, the wrong way round, of something without bits; assigned with another width.
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        bit<4> a = hdr.h.a[4:7]; //~ C0226
        bit<9> b = hdr.h.a[8:0]; //~ C0226
        bit<1> c = hdr.h.a[-1:-1]; //~ C0226
        bit<1> d = hdr.h.a[hdr.h.b:hdr.h.b]; //~ C0220 //~ C0220
        bool e = (hdr.h.a == 1)[0:0]; //~ C0211
        bit<8> f = hdr.h[7:0]; //~ C0211
        hdr.h.a[3:0] = hdr.h.b; //~ C0207
        hdr.h.a[3] = 1; //~ C0211
        bit<8> g = hdr.h.a[1 +: 8]; //~ C0226
        bit<9> h = hdr.h.a[hdr.h.b +: 9]; //~ C0226
        bit<4> i = hdr.h.a[0 +: hdr.h.b]; //~ C0220
        bit<4> j = hdr.h.a[(int<8>)hdr.h.b +: 4]; //~ C0207
        hdr.h.a[3:0] = hdr.h.b[7:4];
    }
}
#include "v1_end.p4"
