// The default action of an add_on_miss table adds the key that it missed: the next packet hits. add_entry() is a bool here.
#include "pna_a_begin.p4"

control Test(inout headers_t h, inout meta_t m, in pna_main_input_metadata_t istd,
             inout pna_main_output_metadata_t ostd) {
    action known(bit<8> v) { h.tag.b = v; }
    action unknown() {
        bool added = add_entry(action_name = "known", action_params = (bit<8>) h.tag.c[7:0], expire_time_profile_id = (ExpireTimeProfileId_t) 0);
        h.tag.b = added ? 8w0xA1 : 0xA0;
    }
    table t {
        key = { h.tag.a : exact; }
        actions = { @tableonly known; @defaultonly unknown; }
        default_action = unknown;
        add_on_miss = true;
        size = 2;
    }
    apply {
        send_to_port((PortId_t) 1);
        t.apply();
    }
}
#include "pna_a_end.p4"
