// Names that aren't declared, are declared later, or twice; near misses are suggested.
#include "v1_begin.p4"

const bit<8> TWICE = 1;
const bit<8> TWICE = 2; //~ C0202
struct s_t { bit<8> x; }
struct s_t { bit<8> y; } //~ C0202

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    bit<8> v;
    bit<8> v; //~ C0202
    apply {
        hdr.h.a = nothing; //~ C0201
        hdr.h.a = later; //~ C0201
        bit<8> later = 1;
        { bit<8> inner = 1; }
        hdr.h.a = inner; //~ C0201
        hdr.h.a = .v; //~ C0201
        hdr.h.a = .TWICE;
        hdr.h.aa = 1; //~ C0203
        hdr.hh.a = 1; //~ C0203
        heder_t x; //~ C0201
        bit<8> later; //~ C0202
        hdr.h.a = s_t; //~ C0225
        TWICE x2; //~ C0204
        for (bit<8> i in 1 .. 3) { hdr.h.a = i; }
        hdr.h.a = i; //~ C0201
    }
}
#include "v1_end.p4"
