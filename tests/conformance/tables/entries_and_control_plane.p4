// Entries without 'const' on the list: the control plane may add others.
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    action set(bit<8> v) { hdr.h.b = v; }
    table t {
        key = { hdr.h.a : ternary; }
        actions = { set; NoAction; }
        entries = {
            const priority = 20 : 0x10 &&& 0xF0 : set(1);
            priority = 10 : _ : set(2);
        }
    }
    apply { t.apply(); }
}
#include "v1_end.p4"
