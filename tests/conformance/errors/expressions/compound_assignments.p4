// Compound assignments take arithmetic operators only, and both sides of one type.
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        bool t = true;
        t += true; //~ C0211
        hdr.h.a += hdr.h.c; //~ C0210
        hdr.h.a <<= -1; //~ C0211
        hdr.h.a /= 0; //~ C0212
        hdr.h.c -= 16w1;
        hdr.h.isValid() |= true; //~ C0211 //~ C0215
    }
}
#include "v1_end.p4"
