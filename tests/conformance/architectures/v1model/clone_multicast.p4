// A clone of ingress to a session's port, and multicast to the members of a group.
#define OWN_EGRESS
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        if (hdr.h.a == 1) { clone(CloneType.I2E, 32w5); }
        if (hdr.h.a == 2) { std.mcast_grp = 7; }
        hdr.h.b = 0xFF;
    }
}
control EgressPart(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply { hdr.h.c = std.egress_rid; }
}
#include "v1_end.p4"
