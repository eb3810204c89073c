// Loops that end where the packet says: a condition on a field, a range with such an end, and a counter that the body
// moves on.
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        bit<8> sum = 0;
        for (bit<8> i = 0; i < hdr.h.a; i += 1) {
            if (i == 3) { continue; }
            sum += i;
        }
        hdr.h.b = sum;
        bit<16> product = 1;
        for (bit<16> f in 1 .. hdr.h.c) {
            if (f == 5) { break; }
            product = product * f;
        }
        hdr.h.c = product;
        bit<32> turns = 0;
        for (bit<8> i = 0; i < 10; i += 1) {
            if (hdr.h.a == i) { i = i + 4; }
            turns += 1;
        }
        hdr.h.d = turns;
    }
}
#include "v1_end.p4"
