// A resubmitted packet comes in again as it was, with metadata; a drop comes before it, and it before multicast and ports.
#include "psa_begin.p4"

control In(inout headers_t h, inout meta_t m, in psa_ingress_input_metadata_t istd,
           inout psa_ingress_output_metadata_t ostd) {
    apply {
        if (istd.packet_path == PSA_PacketPath_t.RESUBMIT) {
            h.tag.b = m.came;
            send_to_port(ostd, (PortId_t) 2);
            if (istd.ingress_port == (PortId_t) 5) { h.tag.a = 0xAA; }
        } else {
            h.tag.c = 0xFFFF;
            m.x = h.tag.a + 1;
            multicast(ostd, (MulticastGroup_t) 1);
            ostd.resubmit = true;
            if (h.tag.a == 9) { ingress_drop(ostd); }
        }
    }
}
#include "psa_end.p4"
