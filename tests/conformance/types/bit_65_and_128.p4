// Wider than a machine word: 65 and 128 bits, with carries from the lower to the upper half.
#define MORE_HEADERS o_t o;
header o_t {
    bit<128> sum;
    bit<128> difference;
    bit<65> over;
    bit<7> pad;
}
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        bit<128> x = 32w0 ++ hdr.h.d ++ hdr.h.d ++ hdr.h.d;
        bit<65> y = 33w0 ++ hdr.h.d;
        hdr.o.setValid();
        hdr.o.sum = x + 128w0xFFFF_FFFF;
        hdr.o.difference = 128w0 - x;
        hdr.o.over = y + 65w0x1_FFFF_FFFF_FFFF_FFFF;
        hdr.o.pad = 0;
        if (x < 128w0x1_0000_0000_0000_0000 && y == 1) {
            hdr.h.a = 1;
        }
        if (x >= 128w0x1_0000_0000_0000_0000) {
            hdr.h.a = 2;
        }
        hdr.h.b = (x ^ ~x)[127:120];
    }
}
#include "v1_end.p4"
