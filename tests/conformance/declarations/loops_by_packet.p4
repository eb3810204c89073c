// Loops whose ends the packet says: a count, a range, a condition on what the body changes, one turn at most.
#define MORE_HEADERS e_t[4] s;
header e_t { bit<8> v; }
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        for (bit<4> i = 0; i < hdr.h.a[3:0]; i += 1) {
            hdr.h.b += 8w0x11;
        }
        for (bit<4> i in hdr.h.a[7:4] .. hdr.h.a[3:0]) {
            hdr.h.c += 12w0 ++ i;
        }
        hdr.s = { { 0 }, { 0 }, { 0 }, { 0 } };
        for (bit<2> i in 0 .. 3) {
            for (bit<2> j in 0 .. i) {
                if (j == hdr.h.a[1:0]) { continue; }
                hdr.s[i].v += 1;
            }
        }
        for (bit<8> i = 0; i < 4; i += 1) {
            i = hdr.h.a & 3;
            hdr.s[i].v[7:4] = 0xE;
            break;
        }
        for (; hdr.h.d < 2;) {
            hdr.h.d += 1;
            break;
        }
    }
}
#include "v1_end.p4"
