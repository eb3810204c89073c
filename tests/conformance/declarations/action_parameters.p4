// Actions with parameters of all directions, called directly: copied in and out, by name, with defaults.
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    bit<8> total = 0;
    action add(in bit<8> x, inout bit<8> sum, out bit<8> before, bit<8> constant) {
        before = sum;
        sum = sum + x + constant;
        total = total + 1;
        if (x == 9) { return; }
        sum = sum + 1;
    }
    action outer(inout bit<8> x) {
        bit<8> was;
        add(x, x, was, 2);
        total = total + was;
    }
    apply {
        bit<8> b;
        add(hdr.h.a, hdr.h.b, b, 0x10);
        hdr.h.c = b ++ total;
        add(constant = 1, x = hdr.h.a, before = _, sum = hdr.h.d[7:0]);
        outer(hdr.h.d[15:8]);
        hdr.h.d[31:24] = total;
    }
}
#include "v1_end.p4"
