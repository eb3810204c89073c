// Assignments to slices, also of slices, with operators, and through actions.
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    action put(inout bit<4> nibble, bit<4> v) { nibble = nibble ^ v; }
    apply {
        hdr.h.d[15:8] = hdr.h.a;
        hdr.h.d[31:16][7:0] = 0xAB;
        hdr.h.d[3:0] += 7;
        put(hdr.h.b[7:4], 0xF);
        put(hdr.h.b[3:0], 0x3);
        hdr.h.c[15:15] = 1;
        hdr.h.c[0:0] = hdr.h.a[7:7];
        hdr.h.c[4+:4] = 0x5;
    }
}
#include "v1_end.p4"
