// A clone of egress is what the egress deparser emits; it runs through egress again, also if the packet is dropped there.
#define OWN_EGRESS
#include "psa_begin.p4"

control In(inout headers_t h, inout meta_t m, in psa_ingress_input_metadata_t istd,
           inout psa_ingress_output_metadata_t ostd) {
    apply { send_to_port(ostd, (PortId_t) 1); }
}
control Eg(inout headers_t h, inout meta_t m, in psa_egress_input_metadata_t istd,
           inout psa_egress_output_metadata_t ostd) {
    apply {
        if (istd.packet_path == PSA_PacketPath_t.CLONE_E2E) {
            h.tag.b = m.came;
        } else {
            h.tag.c = h.tag.c + 1;
            m.x = 0x77;
            ostd.clone = true;
            ostd.clone_session_id = (CloneSessionId_t) 9;
            if (h.tag.a == 1) { egress_drop(ostd); }
        }
    }
}
#include "psa_end.p4"
