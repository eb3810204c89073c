// Functions of one name, told apart by how many arguments a call has, or by their names.
#include "v1_begin.p4"

bit<8> f() { return 1; }
bit<8> f(in bit<8> x) { return x + 1; }
bit<8> f(in bit<8> x, in bit<8> y) { return x - y; }
bit<8> f(in bit<8> left, in bit<8> right, out bit<8> more) { more = left; return right; }
bit<8> g(in bit<8> a) { return 0xA0; }
bit<8> g(in bit<8> b) { return 0xB0; }

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        bit<8> more;
        hdr.h.c = f() ++ f(hdr.h.a);
        hdr.h.d = f(hdr.h.a, 1) ++ f(y = hdr.h.a, x = 1) ++ f(5, 6, more) ++ more;
        hdr.h.a = g(b = hdr.h.a) + (g(a = 1) >> 4);
    }
}
#include "v1_end.p4"
