// Copy in, copy out: headers of out parameters start invalid, arguments are copied back from left to right, and a
// callee never sees that two of them are one variable.
#include "v1_begin.p4"

control Fill(out h_t h, inout bit<8> a, inout bit<8> b) {
    apply {
        a = a + 1;
        b = b + 0x10;
        if (h.isValid()) { a = 0xEE; }
        h.setValid();
        h = { 1, 2, 3, 4 };
    }
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    bit<8> v = 5;
    apply {
        bit<8> kept = hdr.h.a;
        Fill.apply(hdr.h, v, v);
        hdr.h.b = v;
        hdr.h.a = kept;
    }
}
#include "v1_end.p4"
