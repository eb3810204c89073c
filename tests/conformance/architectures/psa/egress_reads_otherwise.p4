// Egress reads the bytes that ingress emits in other pieces: it parses the packet again.
#define OWN_EGRESS_PARSER
#include "psa_begin.p4"

control In(inout headers_t h, inout meta_t m, in psa_ingress_input_metadata_t istd,
           inout psa_ingress_output_metadata_t ostd) {
    apply {
        send_to_port(ostd, (PortId_t) 1);
        h.tag.c = 0x0203;
    }
}
parser EgParse(packet_in pkt, out headers_t h, inout meta_t m, in psa_egress_parser_input_metadata_t istd,
               in note_t normal, in note_t i2e, in note_t e2e) {
    state start {
        bit<8> first = pkt.lookahead<bit<8>>();
        transition select(first) {
            0: plain;
            default: shifted;
        }
    }
    state plain {
        pkt.extract(h.eth);
        transition accept;
    }
    state shifted {
        pkt.extract(h.tag);
        pkt.extract(h.eth);
        transition accept;
    }
}
#include "psa_end.p4"
