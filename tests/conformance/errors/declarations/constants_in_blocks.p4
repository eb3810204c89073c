// A constant of a control can't depend on the packet; a constant isn't assigned to.
#include "v1_begin.p4"

const tuple<bit<8>, bool> PAIR = { 1, 2 }; //~ C0207

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    const bit<8> A = hdr.h.a; //~ C0220
    bit<8> v = 1;
    const bit<8> B = v; //~ C0220
    apply {
        const bit<8> D = hdr.h.a + 1; //~ C0220
        const int E = 3;
        E = 4; //~ C0215
        hdr.h.a = E;
    }
}
#include "v1_end.p4"
