// BMv2 points a clone session to a multicast group: each member gets a clone.
#define OWN_EGRESS
#include "psa_begin.p4"

control In(inout headers_t h, inout meta_t m, in psa_ingress_input_metadata_t istd,
           inout psa_ingress_output_metadata_t ostd) {
    apply {
        ostd.clone = true;
        ostd.clone_session_id = (CloneSessionId_t) 8;
    }
}
control Eg(inout headers_t h, inout meta_t m, in psa_egress_input_metadata_t istd,
           inout psa_egress_output_metadata_t ostd) {
    apply { h.tag.c = (bit<16>) istd.instance; }
}
#include "psa_end.p4"
