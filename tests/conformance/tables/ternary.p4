// Ternary keys: a value and a mask; of several matches the one with the largest priority of the test's.
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    action set(bit<8> v) { hdr.h.b = v; }
    table t {
        key = { hdr.h.a : ternary; hdr.h.c : ternary; }
        actions = { set; NoAction; }
        default_action = set(0xDD);
    }
    apply { t.apply(); }
}
#include "v1_end.p4"
