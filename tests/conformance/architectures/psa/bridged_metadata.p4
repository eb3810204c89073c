// Headers and user metadata of egress begin anew; the normal metadata crosses, as does the class of service.
#define OWN_EGRESS
#include "psa_begin.p4"

control In(inout headers_t h, inout meta_t m, in psa_ingress_input_metadata_t istd,
           inout psa_ingress_output_metadata_t ostd) {
    apply {
        m.x = h.tag.a;
        m.came = 0xEE;
        ostd.class_of_service = (ClassOfService_t) h.tag.b;
        send_to_port(ostd, (PortId_t) 0x12345);
        ostd.egress_port = (PortId_t) 3;
    }
}
control Eg(inout headers_t h, inout meta_t m, in psa_egress_input_metadata_t istd,
           inout psa_egress_output_metadata_t ostd) {
    apply {
        h.tag.a = m.came;
        h.tag.b = m.x;
        h.tag.c = (bit<8>) istd.class_of_service ++ (bit<8>) (bit<32>) istd.egress_port;
        if (istd.packet_path != PSA_PacketPath_t.NORMAL_UNICAST) { egress_drop(ostd); }
    }
}
#include "psa_end.p4"
