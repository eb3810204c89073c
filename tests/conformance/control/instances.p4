// Two instances of a control have tables and registers of their own; an instance that is applied twice has one.
#include "v1_begin.p4"

control Part(inout bit<8> x, inout bit<16> count) {
    register<bit<16>>(1) seen;
    action add(bit<8> v) { x = x + v; }
    table t {
        key = { x : exact; }
        actions = { add; NoAction; }
    }
    apply {
        t.apply();
        bit<16> n;
        seen.read(n, 0);
        n = n + 1;
        seen.write(0, n);
        count = n;
    }
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    Part() first;
    Part() second;
    apply {
        first.apply(hdr.h.a, hdr.h.c);
        second.apply(hdr.h.b, hdr.h.d[15:0]);
        second.apply(hdr.h.b, hdr.h.d[31:16]);
    }
}
#include "v1_end.p4"
