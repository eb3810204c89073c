// add_entry() names an action that no entry of the table can have.
#include <core.p4>
#include <pna.p4>

header eth_t { bit<48> dst; bit<48> src; bit<16> type; }
struct headers_t { eth_t eth; }
struct meta_t { }

parser P(packet_in pkt, out headers_t h, inout meta_t m, in pna_main_parser_input_metadata_t istd) {
    state start { pkt.extract(h.eth); transition accept; }
}
control Main(inout headers_t h, inout meta_t m, in pna_main_input_metadata_t istd,
             inout pna_main_output_metadata_t ostd) {
    action known(bit<16> v) { h.eth.type = v; }
    action unknown() {
        add_entry("nothing", {}, (ExpireTimeProfileId_t) 0); //~ C0315 no action nothing
    }
    table t {
        key = { h.eth.src : exact; }
        actions = { known; unknown; }
        const default_action = unknown;
        add_on_miss = true;
    }
    apply { t.apply(); }
}
control D(packet_out pkt, inout headers_t h, in meta_t m, in pna_main_output_metadata_t ostd) { apply { pkt.emit(h); } }

PNA_NIC(P(), Main(), D()) main;
