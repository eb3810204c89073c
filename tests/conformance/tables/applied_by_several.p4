// One table applied at several places, by hits that depend on each other, and a key that an action changed.
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    bit<8> at = 0;
    action go(bit<8> next) {
        at = next;
        hdr.h.d = hdr.h.d << 8 | (bit<32>) next;
    }
    table t {
        key = { at : exact; }
        actions = { go; NoAction; }
        const entries = { 1 : go(4); 4 : go(2); 2 : go(9); }
    }
    apply {
        at = hdr.h.a;
        if (t.apply().hit && t.apply().hit) {
            hdr.h.b = 1;
            if (t.apply().miss) { hdr.h.b = 2; }
        }
        switch (t.apply().action_run) {
            go: { hdr.h.c = 3; }
            NoAction: { hdr.h.c = 4; }
        }
    }
}
#include "v1_end.p4"
