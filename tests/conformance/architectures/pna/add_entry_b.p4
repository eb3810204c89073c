// In the later generation add_entry() gives a status; the parameters are a struct with the action's names. Two actions.
struct one_t { bit<8> v; bit<16> w; }
#include "pna_b_begin.p4"

control Test(inout headers_t h, inout meta_t m, in pna_main_input_metadata_t istd,
             inout pna_main_output_metadata_t ostd) {
    action known(bit<8> v, bit<16> w) { h.tag.b = v; h.tag.c = w; }
    action empty() { h.tag.b = 0xE0; }
    action unknown() {
        AddEntryErrorStatus_t done = ADD_ENTRY_NOT_DONE;
        if (h.tag.c == 0) {
            done = add_entry("empty", {}, (ExpireTimeProfileId_t) 0);
        } else {
            done = add_entry("known", (one_t) { v = h.tag.a + 1, w = h.tag.c }, (ExpireTimeProfileId_t) 0);
        }
        h.tag.b = done == ADD_ENTRY_SUCCESS ? 8w0xA1 : 0xA0;
    }
    table t {
        key = { h.tag.a : exact; }
        actions = { known; empty; @defaultonly unknown; }
        const default_action = unknown;
        add_on_miss = true;
        size = 2;
    }
    apply {
        send_to_port((PortId_t) 1);
        if (t.apply().hit) { h.eth.type = 0x0001; }
    }
}
#include "pna_b_end.p4"
