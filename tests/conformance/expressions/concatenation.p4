// `++` puts its left side on top; the sign of the result is that of the left side; any widths.
#define MORE_HEADERS o_t o;
header o_t {
    bit<24> three;
    int<16> minus;
    bit<8> bits;
    bit<40> long;
}
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        int<8> s = (int<8>)hdr.h.a;
        hdr.o.setValid();
        hdr.o.three = hdr.h.a ++ hdr.h.b ++ 8w0xEE;
        hdr.o.minus = (s ++ hdr.h.b) >> 4;
        hdr.o.bits = 1w1 ++ hdr.h.a[2:0] ++ (hdr.h.b[3:1] ++ 1w0);
        hdr.o.long = hdr.h.d ++ s;
        if ((hdr.h.a ++ hdr.h.b) >> 12 == 16w8) {
            hdr.h.c = 1;
        }
    }
}
#include "v1_end.p4"
