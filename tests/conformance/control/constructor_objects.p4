// Objects made for a constructor's parameter, a table's size and keys that such parameters give, direct application of
// a control whose constructor has defaults.
#include "v1_begin.p4"

control Count(inout bit<16> n, in bit<8> x)(register<bit<16>> store, bit<32> rows, bit<8> k = 3) {
    action add(bit<16> by) { n = n + by; }
    table t {
        key = { x + k : exact @name("sum"); }
        actions = { add; NoAction; }
        const entries = {
            k : add((bit<16>) k);
            k + 1 : add(0x100);
        }
        size = rows;
    }
    apply {
        bit<16> before;
        store.read(before, 0);
        n = before;
        t.apply();
        store.write(0, n);
    }
}
control Add(inout bit<8> x)(bit<8> by = 7) {
    apply { x = x + by; }
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    Count(register<bit<16>>(1), 2) first;
    Count(k = 9, rows = 5, store = register<bit<16>>(1)) second;
    apply {
        first.apply(hdr.h.c, hdr.h.a);
        second.apply(hdr.h.d[15:0], hdr.h.a);
        Add.apply(hdr.h.b);
    }
}
#include "v1_end.p4"
