// Both forms of `for`: several variables, break and continue, nested loops, ranges that count in their type, lists,
// stacks, and bodies without braces.
#define MORE_HEADERS e_t[3] s; o_t o;
header e_t { bit<8> v; }
header o_t { bit<8> sum; bit<8> pairs; bit<8> skipped; bit<8> listed; bit<8> stacked; int<8> signed_; }
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        hdr.o = ...;
        hdr.o.setValid();
        for (bit<8> i = 1; i <= 10; i += 1) {
            if (i == 3) { continue; }
            if (i == hdr.h.a) { break; }
            hdr.o.sum += i;
        }
        for (bit<8> i = 0, bit<8> j = 6; i < j; i = i + 1, j -= 1)
            for (bit<4> k in 0 .. 1) {
                if (k == 1 && i == 1) { break; }
                hdr.o.pairs += j;
            }
        for (bit<8> i in 1 .. 4) {
            for (bit<8> j in i .. 4) { if (j == 3) { continue; } hdr.o.skipped += 1; }
        }
        for (bit<8> x in { 3, hdr.h.a, 5 }) { hdr.o.listed = hdr.o.listed ^ x; }
        hdr.s[0] = { 1 };
        hdr.s[2] = { 4 };
        for (e_t e in hdr.s) { if (e.isValid()) { hdr.o.stacked += e.v; } else { hdr.o.stacked += 0x10; } }
        for (int<8> i in -2 .. 1) { hdr.o.signed_ = hdr.o.signed_ + i; }
        for (bit<8> i in 5 .. 4) { hdr.h.b = 1; }
    }
}
#include "v1_end.p4"
