// Multicast: every member of the group gets what ingress emits, and knows its instance.
#define OWN_EGRESS
#include "psa_begin.p4"

control In(inout headers_t h, inout meta_t m, in psa_ingress_input_metadata_t istd,
           inout psa_ingress_output_metadata_t ostd) {
    apply {
        m.x = 0x44;
        h.tag.b = 0x55;
        ostd.class_of_service = (ClassOfService_t) 3;
        if (h.tag.a == 1) { multicast(ostd, (MulticastGroup_t) 7); }
        if (h.tag.a == 2) { multicast(ostd, (MulticastGroup_t) 7); send_to_port(ostd, (PortId_t) 2); }
        if (h.tag.a == 3) { multicast(ostd, (MulticastGroup_t) 70); }
        if (h.tag.a == 4) { multicast(ostd, (MulticastGroup_t) 7); ingress_drop(ostd); }
    }
}
control Eg(inout headers_t h, inout meta_t m, in psa_egress_input_metadata_t istd,
           inout psa_egress_output_metadata_t ostd) {
    apply {
        if (istd.packet_path == PSA_PacketPath_t.NORMAL_MULTICAST) {
            h.tag.a = (bit<8>) istd.class_of_service;
            h.tag.b = h.tag.b + m.came;
            h.tag.c = (bit<16>) istd.instance;
        }
    }
}
#include "psa_end.p4"
