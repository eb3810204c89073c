// Parameters of type `int`, and other ones without a direction: their arguments are constants.
#include "v1_begin.p4"

const int TWO = 2;

bit<16> scaled(in bit<16> x, int by) {
    if (by > 3) {
        return x << by;
    }
    return x * by + (bit<16>)(by - 1);
}
bit<8> plus(in bit<8> x, bit<8> constant) { return x + constant; }

control Part(inout bit<16> x)(int amount, bool twice) {
    apply {
        x = x + amount;
        if (twice) { x = x + (bit<16>)(amount * amount); }
    }
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    Part(5, true) first;
    Part(amount = TWO, twice = false) second;
    apply {
        bit<16> c = hdr.h.c;
        hdr.h.c = scaled(c, 4) + scaled(c, TWO + 1);
        hdr.h.a = plus(hdr.h.a, 8w0x10);
        bit<16> d = 0;
        first.apply(d);
        second.apply(d);
        hdr.h.d = 16w0 ++ d;
    }
}
#include "v1_end.p4"
