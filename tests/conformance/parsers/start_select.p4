// The start state itself selects, on something other than the packet; and another state goes straight to accept.
#define OWN_PARSER
#include "v1_begin.p4"

parser Parse(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    state start {
        transition select(std.ingress_port) {
            3: nothing;
            0..2: reads;
            default: reads_twice;
        }
    }
    state nothing { transition accept; }
    state reads_twice { pkt.advance(16); transition reads; }
    state reads { pkt.extract(hdr.h); transition accept; }
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        if (hdr.h.isValid()) { hdr.h.a = 0xFF; }
    }
}
#include "v1_end.p4"
