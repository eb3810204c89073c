// Casts: cutting, filling with zeros or the sign, changing the sign, bool and bit<1>, and several in a row.
#define MORE_HEADERS o_t o;
header o_t {
    bit<4> cut;
    bit<12> filled;
    bit<16> sign_filled;
    bit<16> zero_filled;
    bit<1> from_bool;
    bit<1> from_comparison;
    bit<6> top;
}
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        hdr.o.setValid();
        hdr.o.cut = (bit<4>)hdr.h.a;
        hdr.o.filled = (bit<12>)hdr.h.a;
        hdr.o.sign_filled = (bit<16>)(int<16>)(int<8>)hdr.h.a;
        hdr.o.zero_filled = (bit<16>)(bit<8>)(int<8>)hdr.h.a;
        bool odd = (bool)hdr.h.a[0:0];
        hdr.o.from_bool = (bit<1>)odd;
        hdr.o.from_comparison = (bit<1>)(hdr.h.a > 8w0x7F);
        hdr.o.top = (bit<6>)(hdr.h.a >> 2);
    }
}
#include "v1_end.p4"
