// A NIC program of the second generation (PNA 0.7).
#include <core.p4>
#include <pna.p4>

header ethernet_t { bit<48> dst; bit<48> src; bit<16> type; }
struct headers_t { ethernet_t eth; }
struct meta_t { bool known; }

parser P(packet_in pkt, out headers_t h, inout meta_t m, in pna_main_parser_input_metadata_t im) {
    state start { pkt.extract(h.eth); transition accept; }
}
control Main(inout headers_t h, inout meta_t m, in pna_main_input_metadata_t im, inout pna_main_output_metadata_t om) {
    action forward(PortId_t port) {
        update_expire_info(true, !m.known, (ExpireTimeProfileId_t) 2);
        set_entry_expire_time_if(m.known, (ExpireTimeProfileId_t) 1);
        send_to_port(port);
    }
    action learn() {
        AddEntryErrorStatus_t status =
            add_entry_if(is_host_port(im.input_port), "forward", { port = (PortId_t) 1 }, (ExpireTimeProfileId_t) 0);
        if (status != ADD_ENTRY_SUCCESS || status == 1) { drop_packet(); }
    }
    table stations {
        key = { SelectByDirection(is_net_port(im.input_port), h.eth.src, h.eth.dst): exact; }
        actions = { forward; learn; }
        add_on_miss = true;
        pna_idle_timeout = PNA_IdleTimeout_t.AUTO_DELETE;
        const default_action = learn();
    }
    apply { if (!im.recirculated) { stations.apply(); } else { recirculate(); } }
}
control Deparser(packet_out pkt, inout headers_t h, in meta_t m, in pna_main_output_metadata_t om) {
    apply { pkt.emit(h.eth); }
}
PNA_NIC(P(), Main(), Deparser()) main;
