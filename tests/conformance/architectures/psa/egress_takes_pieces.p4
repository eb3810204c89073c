// A header of egress with the size of the one that ingress emits, but with other fields.
#define OWN_EGRESS_PARSER
#define OWN_EGRESS
#define OWN_EGRESS_DEPARSER
#include "psa_begin.p4"

header half_t {
    bit<24> head;
    bit<80> middle;
    bit<8> end;
}

struct egress_t {
    half_t half;
}

control In(inout headers_t h, inout meta_t m, in psa_ingress_input_metadata_t istd,
           inout psa_ingress_output_metadata_t ostd) {
    apply { send_to_port(ostd, (PortId_t) 1); }
}
parser EgParse(packet_in pkt, out egress_t h, inout meta_t m, in psa_egress_parser_input_metadata_t istd,
               in note_t normal, in note_t i2e, in note_t e2e) {
    state start {
        pkt.extract(h.half);
        transition accept;
    }
}
control Eg(inout egress_t h, inout meta_t m, in psa_egress_input_metadata_t istd,
           inout psa_egress_output_metadata_t ostd) {
    apply {
        h.half.head = h.half.head + 1;
        h.half.end = 0xFF;
    }
}
control EgDeparse(packet_out pkt, out note_t cloned, out note_t around, inout egress_t h, in meta_t m,
                  in psa_egress_output_metadata_t ostd, in psa_egress_deparser_input_metadata_t edstd) {
    apply { pkt.emit(h); }
}
#include "psa_end.p4"
