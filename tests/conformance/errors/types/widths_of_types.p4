// Widths and sizes that are too small, too large or not known.
#include "v1_begin.p4"

const bit<8> EIGHT = 8;
enum bit<(EIGHT)> Fine { A = 1 }

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        bit<(-1)> a; //~ C0205
        int<0> b; //~ C0205
        bit<(hdr.h.a)> c; //~ C0220
        bit<100000> d; //~ C0205
        bit<(EIGHT * 2)> fine = hdr.h.c;
        h_t[0] e; //~ C0205
        h_t[hdr.h.a] f; //~ C0220
        bit<(true)> g; //~ C0220
    }
}
#include "v1_end.p4"
