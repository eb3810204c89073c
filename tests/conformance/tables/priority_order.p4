// Entries of the control plane with the same key but other priorities, added in any order.
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    action set(bit<8> v) { hdr.h.b = v; }
    table t {
        key = { hdr.h.a : ternary; }
        actions = { set; NoAction; }
    }
    apply { t.apply(); }
}
#include "v1_end.p4"
