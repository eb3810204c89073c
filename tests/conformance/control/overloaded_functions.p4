// Functions of one name, told apart by the number or the names of their arguments.
#include "v1_begin.p4"

bit<8> f(in bit<8> a) { return a + 1; }
bit<8> f(in bit<8> a, in bit<8> b) { return f(a) + b; }
bit<16> f(in bit<16> wide) { return wide + 0x100; }
bit<8> g(in bit<8> a, in bit<8> b = 5, in bit<8> c = 6) { return a ^ b ^ c; }

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        hdr.h.b = f(hdr.h.a, 2) + f(a = hdr.h.a);
        hdr.h.c = f(wide = hdr.h.c);
        hdr.h.d = g(1) ++ g(1, 2) ++ g(a = 1, c = 0) ++ g(c = 1, b = 2, a = 4);
    }
}
#include "v1_end.p4"
