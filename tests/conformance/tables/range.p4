// Range keys, both ends included; entries in the text, of which the first that matches wins.
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    action set(bit<8> v) { hdr.h.b = v; }
    table t {
        key = { hdr.h.a : range; hdr.h.c : exact; }
        actions = { set; NoAction; }
        const entries = {
            (2 .. 4, 1) : set(1);
            (4 .. 9, 1) : set(2);
            (250 .. 255, 1) : set(3);
            (7, 2) : set(4);
            (_, 3) : set(5);
        }
        const default_action = NoAction;
    }
    apply { t.apply(); }
}
#include "v1_end.p4"
