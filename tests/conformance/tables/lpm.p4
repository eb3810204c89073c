// The longest prefix wins, whatever the order of the entries; a prefix of length 0 matches everything.
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    action to(bit<8> v) { hdr.h.b = v; }
    table routes {
        key = { hdr.h.d : lpm; }
        actions = { to; NoAction; }
        default_action = NoAction;
    }
    apply {
        if (routes.apply().miss) { hdr.h.c = 0xFFFF; }
    }
}
#include "v1_end.p4"
