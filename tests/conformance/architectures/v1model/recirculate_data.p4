// A recirculated packet comes in as the deparser has emitted it, and keeps the data of the call.
#define OWN_EGRESS
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        if (std.instance_type == 4) { hdr.h.c = hdr.h.c + (bit<16>) meta.x; }
    }
}
control EgressPart(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        if (hdr.h.a != 0) {
            hdr.h.a = hdr.h.a - 1;
            meta.x = 0x10;
            meta.y = 0x99;
            recirculate({ meta.x });
        } else {
            hdr.h.d = (bit<32>) meta.y;
        }
    }
}
#include "v1_end.p4"
