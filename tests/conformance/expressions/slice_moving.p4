// `x[lo +: width]` with a `lo` from the packet, read and written; what lies beyond the top reads as zeros and isn't
// written.
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        bit<16> word = hdr.h.c;
        hdr.h.b = word[hdr.h.a +: 8];
        hdr.h.d[hdr.h.a +: 4] = 4w0xF;
        hdr.h.c[hdr.h.a[3:0] +: 1] = 0;
    }
}
#include "v1_end.p4"
