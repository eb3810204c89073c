// A static_assert that doesn't hold is an error, with its text.
#include "v1_begin.p4"

const bit<8> SIZE = 7;
const bool FINE = static_assert(SIZE < 8, "small enough");
const bool WRONG = static_assert(SIZE == 8, "eight needed"); //~ C0247 eight needed

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        static_assert(SIZE > 8); //~ C0247
        static_assert(hdr.h.a == 1, "x"); //~ C0220
        static_assert(hdr.h.minSizeInBits() == 64, "a header of 64 bits");
    }
}
#include "v1_end.p4"
