// Shifts by an amount from the packet: up to the width, to it, and beyond it.
#define MORE_HEADERS o_t o;
header o_t {
    bit<8> left;
    bit<8> right;
    int<8> signed_right;
    bit<8> wide_amount;
    bit<64> long;
}
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        hdr.o.setValid();
        hdr.o.left = hdr.h.a << hdr.h.b;
        hdr.o.right = hdr.h.a >> hdr.h.b;
        hdr.o.signed_right = (int<8>)hdr.h.a >> hdr.h.b;
        hdr.o.wide_amount = hdr.h.a >> hdr.h.d;
        hdr.o.long = 64w0x8000_0000_0000_0001 << hdr.h.b;
    }
}
#include "v1_end.p4"
