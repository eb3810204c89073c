// A NIC program of the first generation: what it learns of flows it keeps in a table.
#include <core.p4>
#include <pna.p4>

header ethernet_t { bit<48> dst; bit<48> src; bit<16> type; }
header ipv4_t { bit<96> start; bit<32> src; bit<32> dst; }
struct headers_t { ethernet_t eth; ipv4_t ipv4; }
struct meta_t { bool learn; FlowId_t flow; }
struct hit_params_t { FlowId_t id; PortId_t port; }

parser P(packet_in pkt, out headers_t h, inout meta_t m, in pna_main_parser_input_metadata_t im) {
    state start {
        pkt.extract(h.eth);
        transition select(h.eth.type) { 0x0800: ipv4; default: accept; }
    }
    state ipv4 { pkt.extract(h.ipv4); transition accept; }
}
control Pre(in headers_t h, inout meta_t m, in pna_pre_input_metadata_t im, inout pna_pre_output_metadata_t om) {
    apply { om.decrypt = false; }
}
control Main(inout headers_t h, inout meta_t m, in pna_main_input_metadata_t im, inout pna_main_output_metadata_t om) {
    Register<bit<8>, FlowId_t>(1024, 0) states;
    Counter<bit<64>, bit<8>>(4, PNA_CounterType_t.PACKETS_AND_BYTES) drops;
    DirectCounter<bit<64>>(PNA_CounterType_t.PACKETS) hits;
    Hash<bit<16>>(PNA_HashAlgorithm_t.CRC16) hash;
    InternetChecksum() sum;
    Random<bit<8>>(1, 6) dice;
    Meter<bit<8>>(4, PNA_MeterType_t.BYTES) meter;
    ActionProfile(16) profile;
    Digest<hit_params_t>() digest;
    action hit(FlowId_t id, PortId_t port) {
        restart_expire_timer();
        states.write(id, states.read(id) | 1);
        hits.count();
        send_to_port(port);
    }
    action miss() {
        if (m.learn) {
            m.flow = allocate_flow_id();
            bool stored = add_entry("hit", (hit_params_t) { id = m.flow, port = (PortId_t) 2 }, (ExpireTimeProfileId_t) 1);
            if (!stored) { drops.count(0); }
        }
        add_entry(action_name = "hit", expire_time_profile_id = (ExpireTimeProfileId_t) 1,
                  action_params = { id = m.flow, port = im.input_port });
        drop_packet();
    }
    table flows {
        key = { SelectByDirection(im.direction, h.ipv4.src, h.ipv4.dst): exact; }
        actions = { @tableonly hit; @defaultonly miss; }
        add_on_miss = true;
        idle_timeout_with_auto_delete = true;
        default_idle_timeout_for_data_plane_added_entries = 1;
        pna_idle_timeout = PNA_IdleTimeout_t.NOTIFY_CONTROL;
        pna_direct_counter = hits;
        const default_action = miss;
        size = 1024;
    }
    apply {
        m.learn = im.direction == PNA_Direction_t.HOST_TO_NET && im.parser_error == error.NoError;
        sum.clear();
        sum.subtract({ h.ipv4.src });
        sum.add({ h.ipv4.dst, 16w0 });
        h.ipv4.src[15:0] = sum.get() ^ hash.get_hash({ h.ipv4.src, h.ipv4.dst });
        h.ipv4.dst[15:0] = hash.get_hash(16w10, h.ipv4.src, 100);
        if (dice.read() > 3 && meter.execute(1) == PNA_MeterColor_t.RED) { set_entry_expire_time((ExpireTimeProfileId_t) 0); }
        digest.pack({ m.flow, im.input_port });
        flows.apply();
        mirror_packet((MirrorSlotId_t) 1, (MirrorSessionId_t) 2);
    }
}
control Deparser(packet_out pkt, in headers_t h, in meta_t m, in pna_main_output_metadata_t om) {
    apply { pkt.emit(h); }
}
PNA_NIC(P(), Pre(), Main(), Deparser()) main;
