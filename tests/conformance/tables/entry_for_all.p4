// `_` alone is an entry that matches whatever the number of keys.
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    action set(bit<8> v) { hdr.h.b = v; }
    table t {
        key = { hdr.h.a : ternary; hdr.h.c : range; hdr.h.d : lpm; }
        actions = { set; NoAction; }
        const entries = {
            (1, 5 .. 7, 0x0A000000 &&& 0xFF000000) : set(1);
            (1 &&& 1, _, _) : set(2);
            _ : set(3);
        }
    }
    apply {
        if (t.apply().miss) { hdr.h.b = 0xFF; }
    }
}
#include "v1_end.p4"
