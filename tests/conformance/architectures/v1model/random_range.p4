// random() stays within its range, ends included; with equal ends it is known.
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        random(hdr.h.b, 8w7, 8w7);
        bit<16> drawn;
        random(drawn, 16w10, 16w12);
        if (drawn >= 10 && drawn <= 12) { hdr.h.c = 1; }
    }
}
#include "v1_end.p4"
