// mark_to_drop() in both forms; a later assignment to egress_spec undoes it, and in egress only 511 counts.
#define OWN_EGRESS
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        if (hdr.h.a == 1) { mark_to_drop(); }
        if (hdr.h.a == 2) { mark_to_drop(std); }
        if (hdr.h.a == 3) { mark_to_drop(std); std.egress_spec = 4; }
        if (hdr.h.a == 4) { std.egress_spec = 511; }
        if (hdr.h.a == 5) { std.egress_spec = 6; }
    }
}
control EgressPart(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        if (hdr.h.a == 5) { mark_to_drop(std); std.egress_spec = 2; }
        if (hdr.h.a == 6) { std.egress_spec = 511; }
        if (hdr.h.a == 7) { std.egress_spec = 8; }
    }
}
#include "v1_end.p4"
