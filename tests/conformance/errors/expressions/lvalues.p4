// What can't be assigned to.
#include "v1_begin.p4"

const bit<8> K = 1;
bit<8> f(in bit<8> x) {
    x = 1; //~ C0216
    return x;
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    action set(bit<8> y) {
        y = 1; //~ C0216
    }
    apply {
        K = 2; //~ C0215
        f(1) = 2; //~ C0215
        hdr.h.isValid() = true; //~ C0215
        (bit<8>)hdr.h.a = 2; //~ C0215
        -hdr.h.a = 2; //~ C0215
        (hdr.h.b) = 2;
        hdr = hdr;
        std = std;
        hdr.h.a = 5;
        set(1);
    }
}
#include "v1_end.p4"
