// Constants must be known when the program is compiled, and stand above their use.
#include "v1_begin.p4"

bit<8> f() { return 1; }
const bit<8> A = f(); //~ C0220
const bit<8> B = C; //~ C0201
const bit<8> C = 1;
const bit<8> D = true; //~ C0207
const bit<8> E = A + D;

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply { }
}
#include "v1_end.p4"
