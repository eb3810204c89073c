// Ingress reads the first header only; egress reads what comes behind it, and fails if it isn't there.
#define OWN_INGRESS_PARSER
#define OWN_EGRESS
#include "psa_begin.p4"

parser InParse(packet_in pkt, out headers_t h, inout meta_t m, in psa_ingress_parser_input_metadata_t istd,
               in note_t again, in note_t around) {
    state start {
        pkt.extract(h.eth);
        transition accept;
    }
}
control In(inout headers_t h, inout meta_t m, in psa_ingress_input_metadata_t istd,
           inout psa_ingress_output_metadata_t ostd) {
    apply {
        send_to_port(ostd, (PortId_t) 1);
        if (h.eth.type == 0) { h.eth.setInvalid(); }
    }
}
control Eg(inout headers_t h, inout meta_t m, in psa_egress_input_metadata_t istd,
           inout psa_egress_output_metadata_t ostd) {
    apply {
        if (istd.parser_error == error.PacketTooShort) { h.eth.type = 0xDEAD; }
        if (h.tag.isValid()) { h.tag.b = h.tag.a; }
    }
}
#include "psa_end.p4"
