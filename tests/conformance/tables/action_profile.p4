// A table whose actions stand in an action profile behaves like one without.
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    action set(bit<8> v) { hdr.h.b = v; }
    table inline {
        key = { hdr.h.a : exact; }
        actions = { set; NoAction; }
        implementation = action_profile(32);
    }
    action_profile(8) shared;
    table named {
        key = { hdr.h.c : lpm; }
        actions = { set; NoAction; }
        implementation = shared;
    }
    apply {
        if (inline.apply().miss) { named.apply(); }
    }
}
#include "v1_end.p4"
