// Tables that say what they are kept in; actions with parameters; the default action.
#include "ebpf_begin.p4"

control Test(inout headers_t h, out bool accept) {
    bit<32> seen = 0;
    action deny() { accept = false; }
    action note(bit<32> which) { seen = which; }
    table sources {
        key = { h.ip.src : exact; }
        actions = { deny; note; NoAction; }
        implementation = hash_table(16);
        const default_action = NoAction;
    }
    table nets {
        key = { h.ip.dst : lpm; }
        actions = { deny; NoAction; }
        implementation = hash_table(8);
    }
    apply {
        accept = true;
        if (h.ip.isValid()) {
            switch (sources.apply().action_run) {
                deny: { return; }
                note: { if (seen == 5) { accept = false; } }
                default: { nets.apply(); }
            }
        }
    }
}
#include "ebpf_end.p4"
