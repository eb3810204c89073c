// Copies of multicast keep all metadata; each runs egress with its own port and instance. Group 0 is none.
#define OWN_EGRESS
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        meta.y = 0x0A00;
        std.mcast_grp = (bit<16>) hdr.h.a;
    }
}
control EgressPart(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        hdr.h.c = meta.y + (bit<16>) std.egress_port;
        hdr.h.b = std.egress_rid[7:0];
        if (std.instance_type == 5 && std.egress_port == 4) { mark_to_drop(std); }
    }
}
#include "v1_end.p4"
