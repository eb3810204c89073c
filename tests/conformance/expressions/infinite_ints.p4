// `int` has no width: constants are computed exactly, and cut only where they get a type.
#define MORE_HEADERS o_t o;
header o_t {
    bit<32> big;
    bit<8> low;
    bit<16> negative;
    int<8> signed_;
    bit<8> flags;
}
#include "v1_begin.p4"

const int HUGE = 1 << 100;
const int ALSO = (HUGE - 1) * (HUGE + 1) + 1;
const bool SAME = ALSO == 1 << 200;
const int NEGATIVE = -5 >> 1;
const int FROM_BITS = (int)8w200 + (int)8s127;
typedef int number;
const number SMALL = 3;

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        hdr.o.setValid();
        hdr.o.big = (bit<32>)(ALSO >> 180);
        hdr.o.low = (bit<8>)(HUGE - 2);
        hdr.o.negative = (bit<16>)NEGATIVE;
        hdr.o.signed_ = NEGATIVE;
        hdr.o.flags = 0;
        if (SAME) { hdr.o.flags = hdr.o.flags + 1; }
        if (FROM_BITS == 327) { hdr.o.flags = hdr.o.flags + 2; }
        if (SMALL * 2 > 5 && HUGE > ALSO) { hdr.o.flags = hdr.o.flags + 4; }
        hdr.h.a = hdr.h.a + SMALL * 2;
        hdr.h.c = 3 < SMALL ? 16w1 : 16w2;
    }
}
#include "v1_end.p4"
