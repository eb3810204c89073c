// 160 bits: the interpreter has numbers of any width, programs for XDP have up to 128 bits.
#define MORE_HEADERS o_t o;
header o_t {
    bit<160> sum;
}
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        bit<160> x = (bit<160>)hdr.h.d;
        hdr.o.setValid();
        hdr.o.sum = (x << 128) + x - 160w2;
    }
}
#include "v1_end.p4"
