// Blocks have variables of their own, which hide those around them; initial values are computed where they stand.
#include "v1_begin.p4"

const bit<8> x = 100;

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    bit<8> x = hdr.h.a;
    bit<8> y = x + 1;
    apply {
        hdr.h.a = 50;
        {
            bit<8> x = y + 1;
            y = y + x;
            { bit<8> y = 0; y = y + 1; }
            const bit<8> k = 2;
            y = y + k;
        }
        hdr.h.b = y;
        hdr.h.c = x ++ .x;
        if (x == 1) { bit<8> y = 7; hdr.h.d = (bit<32>) y; } else { bit<8> y = 8; hdr.h.d = (bit<32>) y; }
    }
}
#include "v1_end.p4"
