// Constructor parameters: numbers, booleans, enums, objects, other controls' parameters; known where they are used.
#include "v1_begin.p4"

enum mode_t { add, sub }

control Leaf(inout bit<8> x)(bit<8> by, mode_t mode) {
    apply {
        if (mode == mode_t.add) { x = x + by; } else { x = x - by; }
    }
}

control Branch(inout bit<8> x, inout bit<16> y)(bit<8> by, bool twice, register<bit<16>> store) {
    Leaf(by, mode_t.add) up;
    Leaf(by + 1, mode_t.sub) down;
    const bit<8> more = 0x40;
    apply {
        up.apply(x);
        if (twice) { up.apply(x); } else { down.apply(x); }
        store.read(y, 0);
        store.write(0, y + (bit<16>) by);
        x = x | more;
    }
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    register<bit<16>>(4) shared;
    Branch(3, true, shared) one;
    Branch(by = 5, store = shared, twice = false) two;
    apply {
        one.apply(hdr.h.a, hdr.h.c);
        bit<16> rest;
        two.apply(hdr.h.b, rest);
        hdr.h.d = 16w0 ++ rest;
    }
}
#include "v1_end.p4"
