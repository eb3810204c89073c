// The variable of 'for ... in' is set anew in each turn, whatever the body does with it.
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        for (bit<8> i in 1 .. 4) {
            hdr.h.b = hdr.h.b + i;
            i = i + hdr.h.a;
            hdr.h.c = hdr.h.c + (bit<16>) i;
        }
        bit<8> first = 3;
        for (bit<8> i in first .. first + 2) {
            first = 200;
            hdr.h.d = hdr.h.d * 16 + (bit<32>) i;
        }
        for (int<8> i in -2 .. 1) {
            hdr.h.d = hdr.h.d + (bit<32>) (bit<8>) i;
        }
    }
}
#include "v1_end.p4"
