// Keys that are expressions: masks, sums, slices, concatenations, comparisons, calls. They are computed in their order,
// before the lookup.
#include "v1_begin.p4"

bit<8> next(in bit<8> x, inout bit<8> count) {
    count = count + 1;
    return x + 1;
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    bit<8> n = 4;
    action set(bit<8> v) { hdr.h.b = v; }
    table t {
        key = {
            hdr.h.a & 0x0F : exact @name("low");
            hdr.h.c[11:4] : exact;
            hdr.h.a + 1 : exact @name("sum");
            n : exact;
            next(hdr.h.a, n) : exact @name("call");
            n : exact @name("after");
            hdr.h.d[7:0] ++ hdr.h.d[15:8] : exact @name("turned");
            hdr.h.d > 5 : exact @name("large");
        }
        actions = { set; NoAction; }
        const entries = {
            (0x03, 0x56, 0x14, 4, 0x14, 5, 0x2211, true) : set(1);
            (0x0F, 0x56, 0x00, 4, 0x00, 5, 0x0100, false) : set(2);
        }
    }
    apply { t.apply(); }
}
#include "v1_end.p4"
