// A clone of egress has the headers as egress leaves them, runs egress again, and lives on if the packet is dropped.
#define OWN_EGRESS
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply { hdr.h.b = 1; }
}
control EgressPart(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        if (std.instance_type == 2) {
            hdr.h.c = 0xC10E;
        } else {
            hdr.h.b = hdr.h.b + 1;
            clone(CloneType.E2E, 32w6);
            if (hdr.h.a == 9) { mark_to_drop(std); }
        }
    }
}
#include "v1_end.p4"
