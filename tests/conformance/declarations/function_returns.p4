// `return` in the middle of a function, from loops, switches and branches; copies go back all the same.
#include "v1_begin.p4"

bit<8> classify(in bit<8> x, inout bit<16> steps) {
    steps = steps + 1;
    if (x < 10) {
        if (x == 3) { return 0x33; }
        steps = steps + 1;
        return 0x10;
    }
    for (bit<8> i in 1 .. 4) {
        steps = steps + 0x100;
        if (x == i * 10) { return i; }
    }
    switch (x) {
        50: 51: { return 0x50; }
        60: { steps = 0; }
    }
    return 0xFF;
}

void early(in bit<8> x, inout bit<32> d) {
    d = 1;
    if (x == 3) { return; }
    d = 2;
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        bit<16> n = 0;
        hdr.h.b = classify(hdr.h.a, n);
        hdr.h.c = n;
        early(hdr.h.a, hdr.h.d);
    }
}
#include "v1_end.p4"
