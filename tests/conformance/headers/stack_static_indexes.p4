// Indexes that are known: a constructor's parameter, arithmetic with size; and one that another element gives.
#define MORE_HEADERS t_t[4] s;
header t_t { bit<8> v; }
#include "v1_begin.p4"

control Sub(inout headers_t hdr)(bit<32> n) {
    apply { hdr.s[n].setValid(); hdr.s[n].v = (bit<8>)n; hdr.s[n - 1].setInvalid(); } }
control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    Sub(2) two; Sub(3) three;
    apply { hdr.s[1] = {9}; hdr.s[0] = {8}; two.apply(hdr); if (hdr.h.a == 1) three.apply(hdr);
        hdr.s[hdr.s.size - 4].v = 7;
        bit<8> k = hdr.s[hdr.s[0].v - 7].v; hdr.h.b = k;
    }
}
#include "v1_end.p4"
