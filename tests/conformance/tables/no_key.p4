// Tables without a key: always their default action, and always a miss.
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    action set(bit<8> v) { hdr.h.b = hdr.h.b + v; }
    table none {
        actions = { set; NoAction; }
        default_action = set(1);
    }
    table empty {
        key = { }
        actions = { set; NoAction; }
        const default_action = set(2);
    }
    table nothing {
        actions = { }
    }
    apply {
        if (none.apply().hit) { hdr.h.c = 1; } else { hdr.h.c = 2; }
        switch (empty.apply().action_run) {
            set: { hdr.h.d = 3; }
            default: { hdr.h.d = 4; }
        }
        if (nothing.apply().miss) { hdr.h.a = 9; }
    }
}
#include "v1_end.p4"
