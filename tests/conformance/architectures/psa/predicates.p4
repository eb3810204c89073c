// What the deparsers ask about the packet's way.
#define OWN_INGRESS_DEPARSER
#define OWN_EGRESS_DEPARSER
#define OWN_EGRESS
#include "psa_begin.p4"

control In(inout headers_t h, inout meta_t m, in psa_ingress_input_metadata_t istd,
           inout psa_ingress_output_metadata_t ostd) {
    apply {
        send_to_port(ostd, (PortId_t) 1);
        if (istd.packet_path == PSA_PacketPath_t.NORMAL) {
            if (h.tag.a == 1) { ostd.clone = true; ostd.clone_session_id = (CloneSessionId_t) 3; }
            if (h.tag.a == 2) { ostd.resubmit = true; }
            if (h.tag.a == 3) { send_to_port(ostd, PSA_PORT_RECIRCULATE); }
        } else {
            h.tag.b = m.came;
        }
    }
}
control InDeparse(packet_out pkt, out note_t cloned, out note_t again, out note_t normal, inout headers_t h, in meta_t m,
                  in psa_ingress_output_metadata_t ostd) {
    apply {
        if (psa_clone_i2e(ostd)) { cloned.mark = 0x11; }
        if (psa_resubmit(ostd)) { again.mark = 0x22; }
        if (psa_normal(ostd)) { normal.mark = 0x40; }
        pkt.emit(h);
    }
}
control Eg(inout headers_t h, inout meta_t m, in psa_egress_input_metadata_t istd,
           inout psa_egress_output_metadata_t ostd) {
    apply {
        h.tag.c = (bit<16>) m.came;
        if (h.tag.a == 4) { ostd.clone = true; ostd.clone_session_id = (CloneSessionId_t) 3; h.tag.a = 0; }
    }
}
control EgDeparse(packet_out pkt, out note_t cloned, out note_t around, inout headers_t h, in meta_t m,
                  in psa_egress_output_metadata_t ostd, in psa_egress_deparser_input_metadata_t edstd) {
    apply {
        if (psa_clone_e2e(ostd)) { cloned.mark = 0x33; }
        if (psa_recirculate(ostd, edstd)) { around.mark = 0x55; }
        pkt.emit(h);
    }
}
#include "psa_end.p4"
