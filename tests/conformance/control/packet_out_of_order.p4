// What a packet test says of ports: packets are compared port by port, in order; a port without data takes any packets.
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        std.egress_spec = (bit<9>) hdr.h.a;
        if (hdr.h.a == 9) { mark_to_drop(std); }
    }
}
#include "v1_end.p4"
