// Pipelines whose blocks or types don't fit together.
#include <core.p4>
#include <psa.p4>

struct headers_t { }
struct meta_t { }
struct one_t { bit<8> x; }
struct two_t { bit<16> x; }

parser IP(packet_in pkt, out headers_t h, inout meta_t m, in psa_ingress_parser_input_metadata_t istd, in one_t r, in one_t c) {
    state start { transition accept; }
}
control I(inout headers_t h, inout meta_t m, in psa_ingress_input_metadata_t istd, inout psa_ingress_output_metadata_t ostd) {
    apply { ostd.egress_port = 3; } //~ C0207
}
control ID(packet_out pkt, out one_t c, out two_t r, out one_t n, inout headers_t h, in meta_t m, in psa_ingress_output_metadata_t istd) {
    apply { }
}
parser EP(packet_in pkt, out headers_t h, inout meta_t m, in psa_egress_parser_input_metadata_t istd, in one_t n, in one_t c, in one_t d) {
    state start { transition accept; }
}
control E(inout headers_t h, inout meta_t m, in psa_egress_input_metadata_t istd, inout psa_egress_output_metadata_t ostd) { apply { } }
control ED(packet_out pkt, out one_t c, out one_t r, inout headers_t h, in meta_t m, in psa_egress_output_metadata_t istd, in psa_egress_deparser_input_metadata_t edstd) { apply { } }

IngressPipeline(IP(), I(), ID()) ip; //~ C0240 'r' is two_t, not one_t
EgressPipeline(EP(), E(), ED()) ep;
PSA_Switch(ip, PacketReplicationEngine(), ep, BufferingQueueingEngine()) main;
