// Operands of different widths, or of different signs, have no common type.
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        hdr.h.c = hdr.h.c + hdr.h.a; //~ C0210
        hdr.h.a = hdr.h.b & (bit<8>)hdr.h.c;
        if (hdr.h.a == hdr.h.c) { //~ C0210
            hdr.h.a = 0;
        }
        int<8> s = (int<8>)hdr.h.a;
        bit<8> u = hdr.h.b + s; //~ C0210
        bit<16> wide = hdr.h.a; //~ C0207
    }
}
#include "v1_end.p4"
