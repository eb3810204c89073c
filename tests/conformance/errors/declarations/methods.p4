// Methods that aren't there, called with what they don't take, or used for a value they don't have.
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        hdr.h.a.isValid(); //~ C0203
        hdr.h.setValid(true); //~ C0217
        bool b = hdr.h.setValid(); //~ C0207
        if (hdr.h.isValid) { } //~ C0203
        if (hdr.h.isValid() == 1) { } //~ C0207
        hdr.h.valid(); //~ C0203
        hdr.apply(); //~ C0203
        bit<8> n = hdr.h.minSizeInBits;  //~ C0203
    }
}
#include "v1_end.p4"
