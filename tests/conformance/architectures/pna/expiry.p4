// Entries expire when they were idle for longer than their profile says (here the first one). A hit alone doesn't restart the
// timer; restart_expire_timer() and set_entry_expire_time() do.
#include "pna_b_begin.p4"

control Test(inout headers_t h, inout meta_t m, in pna_main_input_metadata_t istd,
             inout pna_main_output_metadata_t ostd) {
    action known() {
        h.tag.b = 1;
        if (h.tag.c == 1) { restart_expire_timer(); }
        if (h.tag.c == 2) { set_entry_expire_time((ExpireTimeProfileId_t) 0); }
        set_entry_expire_time_if(h.tag.c == 3, (ExpireTimeProfileId_t) 0);
        update_expire_info(h.tag.c == 4, false, (ExpireTimeProfileId_t) 0);
    }
    action unknown() {
        add_entry_if(h.tag.c != 9, "known", {}, (ExpireTimeProfileId_t) 0);
    }
    table t {
        key = { h.tag.a : exact; }
        actions = { known; @defaultonly unknown; }
        const default_action = unknown;
        add_on_miss = true;
        pna_idle_timeout = PNA_IdleTimeout_t.AUTO_DELETE;
    }
    apply {
        send_to_port((PortId_t) 1);
        t.apply();
    }
}
#include "pna_b_end.p4"
