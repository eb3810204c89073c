// hit and miss of apply(): in conditions, in expressions, in a variable; each apply() is one lookup.
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    action set(bit<8> v) { hdr.h.b = hdr.h.b + v; }
    table t {
        key = { hdr.h.a : exact; }
        actions = { set; NoAction; }
        const entries = { 1 : set(1); 2 : set(2); }
        const default_action = set(0x10);
    }
    apply {
        bool was = t.apply().hit;
        if (!t.apply().miss && was) { hdr.h.c = 1; }
        hdr.h.d = t.apply().hit ? 32w5 : 32w6;
        if (hdr.h.a == 1 || t.apply().hit) { hdr.h.c = hdr.h.c + 0x100; }
    }
}
#include "v1_end.p4"
