// An enum with a representation stands in headers; it holds values that have no name, and casts both ways.
#define MORE_HEADERS o_t o;
enum bit<16> Kind {
    IPV4 = 0x0800,
    ARP = 0x0806,
    SAME = 0x0800,
    LAST = 1 << 15
}
enum int<8> Temperature { COLD = -5, WARM = 20 }
header o_t {
    Kind kind;
    Temperature t;
    bit<8> found;
}
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        Kind k = (Kind)hdr.h.c;
        hdr.o.setValid();
        hdr.o.kind = k;
        hdr.o.t = Temperature.COLD;
        hdr.o.found = 0;
        if (k == Kind.SAME) { hdr.o.found = 1; }
        if (k == Kind.LAST) { hdr.o.found = 2; }
        bit<16> number = Kind.ARP;
        if (number == hdr.h.c) { hdr.o.found = 3; }
        if ((int<8>)hdr.o.t < 0 && hdr.h.a == 1) {
            hdr.o.t = (Temperature)(int<8>)hdr.h.a;
            hdr.o.kind = Kind.LAST;
        }
        hdr.h.d = (bit<32>)(bit<16>)k;
    }
}
#include "v1_end.p4"
