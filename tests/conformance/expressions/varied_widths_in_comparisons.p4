// Literals take the type of the other side, wherever it stands; a negative one too.
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        int<16> s = (int<16>)hdr.h.c;
        bit<8> f = 0;
        if (5 < hdr.h.a) { f[0:0] = 1; }
        if (-1 == s) { f[1:1] = 1; }
        if (hdr.h.a == -1) { f[2:2] = 1; }
        if (s >= -0x10 && s <= 0xF) { f[3:3] = 1; }
        if (hdr.h.d != 0xFFFFFFFF) { f[4:4] = 1; }
        if ((hdr.h.a & 0x0F) == 0x0F) { f[5:5] = 1; }
        if (hdr.h.a * 2 < 3 + 4) { f[6:6] = 1; }
        if ((s == -1) == (hdr.h.a == 255)) { f[7:7] = 1; }
        hdr.h.b = f;
    }
}
#include "v1_end.p4"
