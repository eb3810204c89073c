// Shifts by constants: none, most of the bits, all of them, more than there are; chains associate to the left.
#define MORE_HEADERS o_t o;
header o_t {
    bit<16> none;
    bit<16> most;
    bit<16> all;
    int<16> more;
    bit<16> chain;
    bit<16> both;
}
#include "v1_begin.p4"

const int FOUR = 1 << 2;

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        hdr.o.setValid();
        hdr.o.none = hdr.h.c << 0;
        hdr.o.most = hdr.h.c >> 15;
        hdr.o.all = hdr.h.c << 16;
        hdr.o.more = (int<16>)hdr.h.c >> 1000;
        hdr.o.chain = hdr.h.c << 2 >> 1 << FOUR;
        hdr.o.both = 16w1 << 3 + 2;
    }
}
#include "v1_end.p4"
