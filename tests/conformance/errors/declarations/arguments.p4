// Too few or too many arguments, wrong names, wrong types, values where variables are needed.
#include "v1_begin.p4"

bit<8> f(in bit<8> x, in bit<8> y = 3) { return x + y; }
void g(in bit<8> x, out bit<8> y, inout bit<16> z) { y = x; }

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        hdr.h.a = f(); //~ C0217
        hdr.h.a = f(1, 2, 3); //~ C0217
        hdr.h.a = f(x = 1, z = 2); //~ C0218
        hdr.h.a = f(x = 1, x = 2); //~ C0218
        hdr.h.a = f(1, y = 2); //~ C0218
        hdr.h.a = f(y = 2); //~ C0217
        hdr.h.a = f(hdr.h.c); //~ C0207
        hdr.h.a = f(_); //~ C0219
        g(1, 2, hdr.h.c); //~ C0215
        g(1, hdr.h.a, hdr.h.a); //~ C0207
        g(1, hdr.h.c, hdr.h.c); //~ C0207
        g(1, _, _); //~ C0219
        g(1, hdr.h.a, hdr.h.c + 1); //~ C0215
        g(z = hdr.h.c, y = _, x = 1);
    }
}
#include "v1_end.p4"
