// Optional keys: one value or any.
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    action set(bit<8> v) { hdr.h.b = v; }
    table t {
        key = { hdr.h.a : optional; hdr.h.c : optional; }
        actions = { set; NoAction; }
        entries = {
            (1, 2) : set(0x12);
            (1, _) : set(0x10);
            (_, 2) : set(0x02);
        }
    }
    apply { t.apply(); }
}
#include "v1_end.p4"
