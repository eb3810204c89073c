// A packet that egress sends to PSA_PORT_RECIRCULATE comes in again as it was emitted, by that port.
#define OWN_EGRESS
#include "psa_begin.p4"

control In(inout headers_t h, inout meta_t m, in psa_ingress_input_metadata_t istd,
           inout psa_ingress_output_metadata_t ostd) {
    apply {
        if (istd.packet_path == PSA_PacketPath_t.RECIRCULATE && istd.ingress_port == PSA_PORT_RECIRCULATE) {
            h.tag.b = h.tag.b + m.came;
        }
        if (h.tag.a == 0) {
            send_to_port(ostd, (PortId_t) 1);
        } else {
            send_to_port(ostd, PSA_PORT_RECIRCULATE);
        }
    }
}
control Eg(inout headers_t h, inout meta_t m, in psa_egress_input_metadata_t istd,
           inout psa_egress_output_metadata_t ostd) {
    apply {
        m.x = 0x10;
        if (h.tag.a != 0) { h.tag.a = h.tag.a - 1; }
        h.tag.c = h.tag.c + 1;
        if (h.tag.c == 0x100) { egress_drop(ostd); }
    }
}
#include "psa_end.p4"
