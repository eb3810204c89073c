// Every way to write a number.
#define MORE_HEADERS o_t o;
header o_t {
    bit<32> a; bit<32> b; bit<32> c; bit<32> d; bit<8> e; int<8> f; bit<12> g; bit<4> h;
}
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        hdr.o = {
            32w0b1111_0000 + 0B101,
            32w0o17 + 0O20,
            32w0d1_000 + 0D24 + 09,
            0XdeadBEEF,
            8w1__0,
            -8s1,
            12w0xA_B_C,
            -1
        };
    }
}
#include "v1_end.p4"
