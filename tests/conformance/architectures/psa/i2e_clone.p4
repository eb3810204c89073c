// A clone of ingress to egress is the frame as it came in, with metadata of its own, also of a packet that is dropped.
#define OWN_EGRESS
#include "psa_begin.p4"

control In(inout headers_t h, inout meta_t m, in psa_ingress_input_metadata_t istd,
           inout psa_ingress_output_metadata_t ostd) {
    apply {
        m.x = h.tag.b;
        ostd.clone = h.tag.a != 0;
        ostd.clone_session_id = (CloneSessionId_t) (bit<16>) h.tag.a;
        h.tag.c = 0xFFFF;
        if (h.tag.b != 0) { send_to_port(ostd, (PortId_t) 1); }
    }
}
control Eg(inout headers_t h, inout meta_t m, in psa_egress_input_metadata_t istd,
           inout psa_egress_output_metadata_t ostd) {
    apply {
        if (istd.packet_path == PSA_PacketPath_t.CLONE_I2E) {
            h.tag.a = m.came;
            h.tag.b = (bit<8>) (bit<16>) istd.instance;
        }
    }
}
#include "psa_end.p4"
