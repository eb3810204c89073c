// 'exit' in ingress ends ingress; egress runs all the same.
#define OWN_EGRESS
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        hdr.h.b = 1;
        if (hdr.h.a == 1) { exit; }
        hdr.h.b = 2;
    }
}
control EgressPart(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        hdr.h.c = 7;
        if (hdr.h.a == 2) { exit; }
        hdr.h.d = 8;
    }
}
#include "v1_end.p4"
