// A packet that nobody sends is dropped; the last of send_to_port() and ingress_drop() counts.
#include "psa_begin.p4"

control In(inout headers_t h, inout meta_t m, in psa_ingress_input_metadata_t istd,
           inout psa_ingress_output_metadata_t ostd) {
    apply {
        if (h.tag.a == 1) { send_to_port(ostd, (PortId_t) 3); }
        if (h.tag.a == 2) { send_to_port(ostd, (PortId_t) 3); ingress_drop(ostd); }
        if (h.tag.a == 3) { ingress_drop(ostd); send_to_port(ostd, istd.ingress_port); }
        if (h.tag.a == 4) { ostd.drop = false; ostd.egress_port = (PortId_t) 7; }
    }
}
#include "psa_end.p4"
