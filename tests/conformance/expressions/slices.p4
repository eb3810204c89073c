// Slices: of fields, of expressions, of slices, of signed numbers, of constants; a slice of a slice as an l-value.
#define MORE_HEADERS o_t o;
header o_t {
    bit<4> middle;
    bit<4> of_sum;
    bit<4> of_slice;
    bit<4> of_signed;
    bit<8> of_int;
    bit<8> plus;
}
#include "v1_begin.p4"

const int K = 0x1234;

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        int<8> s = (int<8>)hdr.h.a;
        hdr.o.setValid();
        hdr.o.middle = hdr.h.a[5:2];
        hdr.o.of_sum = (hdr.h.a + hdr.h.b)[7:4];
        hdr.o.of_slice = hdr.h.d[27:8][9:6];
        hdr.o.of_signed = s[7:4];
        hdr.o.of_int = K[11:4];
        hdr.o.plus = hdr.h.d[4 +: 8];
        hdr.h.c[15:8][3:0] = hdr.h.a[3:0];
        hdr.h.c[0:0] = 1w1;
        hdr.h.d[8 +: 16] = 16w0xBEEF;
        hdr.h.d[31:31] = 1;
    }
}
#include "v1_end.p4"
