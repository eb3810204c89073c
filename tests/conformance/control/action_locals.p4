// Variables of an action start anew at each call; names in it are its own.
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    bit<8> x = 7;
    action a(bit<8> v) {
        bit<8> x = v;
        const bit<8> one = 1;
        {
            bit<8> x = 0x40;
            hdr.h.b = hdr.h.b + x;
        }
        x = x + one;
        hdr.h.b = hdr.h.b + x;
    }
    apply {
        a(1);
        a(2);
        hdr.h.c = (bit<16>) x;
    }
}
#include "v1_end.p4"
