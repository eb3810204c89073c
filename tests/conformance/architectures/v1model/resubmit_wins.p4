// Of what ingress asks for, a resubmission comes before multicast, and that before the port; a drop loses against a resubmission.
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        if (std.instance_type == 0) {
            if (hdr.h.a != 0) { resubmit({ meta.x }); }
            std.mcast_grp = 4;
            if (hdr.h.a == 2) { std.egress_spec = 511; }
        } else {
            hdr.h.b = 0xEE;
        }
    }
}
#include "v1_end.p4"
