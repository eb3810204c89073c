// What P4 doesn't convert by itself.
#include "v1_begin.p4"

enum bit<8> Kind { A = 1 }
type bit<16> port_t;
struct s_t { bit<8> x; }
struct r_t { bit<8> x; }

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        bit<8> a = hdr.h.c; //~ C0207 bit<8>
        int<8> b = hdr.h.a; //~ C0207
        bool c = hdr.h.a; //~ C0207
        bit<1> d = true; //~ C0207
        Kind e = 1; //~ C0207
        Kind f = Kind.A + 1; //~ C0207
        port_t g = 5; //~ C0207
        port_t h = hdr.h.c; //~ C0207
        bit<16> i = (port_t)16w1; //~ C0207
        s_t s = { 1 };
        r_t r = s; //~ C0207
        error j = 1; //~ C0207
        hdr.h = s; //~ C0207
        tuple<bit<8>, bool> t = { true, 1 }; //~ C0207 //~ C0207
        bit<8> fine = Kind.A;
    }
}
#include "v1_end.p4"
