// Actions of the top level, with bound arguments, in several tables and controls.
#include "v1_begin.p4"

action put(inout bit<8> where, bit<8> v) { where = v; }
action add(in bit<16> x, out bit<16> sum, bit<16> by) { sum = x + by; }

control Part(inout headers_t hdr) {
    table t {
        key = { hdr.h.a : exact; }
        actions = { put(hdr.h.b); .add(hdr.h.c, hdr.h.c); }
        const entries = {
            1 : put(hdr.h.b, 5);
            2 : .add(hdr.h.c, hdr.h.c, 0x10);
        }
        default_action = put(hdr.h.b, 9);
    }
    apply { t.apply(); }
}
control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    table u {
        key = { hdr.h.a : exact; }
        actions = { put(meta.x); }
        default_action = put(meta.x, 3);
    }
    apply {
        Part.apply(hdr);
        u.apply();
        hdr.h.d = (bit<32>) meta.x;
    }
}
#include "v1_end.p4"
