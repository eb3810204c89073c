// An exact table: entries of the control plane, its default action, hit and miss.
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    action set(bit<8> v) { hdr.h.b = v; }
    action other() { hdr.h.b = 0xEE; }
    table t {
        key = { hdr.h.a : exact; }
        actions = { set; other; }
        default_action = other();
        size = 16;
    }
    apply {
        if (t.apply().hit) { hdr.h.c = 1; } else { hdr.h.c = 2; }
    }
}
#include "v1_end.p4"
