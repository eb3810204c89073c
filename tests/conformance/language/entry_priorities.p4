// Entries with and without priorities; the smallest wins in `low`, the largest in `high`.
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    action set(bit<8> v) { hdr.h.b = v; }
    action put(bit<16> v) { hdr.h.c = v; }
    table low {
        key = { hdr.h.a : ternary; }
        actions = { set; NoAction; }
        largest_priority_wins = false;
        priority_delta = 10;
        entries = {
            const priority = 20 : 1 &&& 1 : set(1);
            3 : set(2);
            priority = 10 : 7 : set(3);
            _ : set(4);
        }
        const default_action = NoAction;
    }
    table high {
        key = { hdr.h.a : ternary; }
        actions = { put; NoAction; }
        entries = {
            priority = 3 : 1 &&& 1 : put(1);
            priority = 50 : 3 : put(2);
            _ : put(3);
        }
        const default_action = NoAction;
    }
    apply {
        low.apply();
        high.apply();
    }
}
#include "v1_end.p4"
