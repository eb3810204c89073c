// Casts that P4 doesn't have: two steps at once, bool and more than one bit, enums without a representation, structs.
#include "v1_begin.p4"

enum Color { RED }
struct s_t { bit<8> x; }
struct r_t { bit<8> x; }

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        int<16> a = (int<16>)hdr.h.a; //~ C0214
        bit<8> b = (bit<8>)(hdr.h.a == 1); //~ C0214
        bool c = (bool)hdr.h.a; //~ C0214
        bool d = (bool)2; //~ C0214
        bit<8> e = (bit<8>)Color.RED; //~ C0214
        Color f = (Color)8w0; //~ C0214
        s_t s = { 1 };
        r_t r = (r_t)s; //~ C0214
        bit<8> g = (bit<8>)hdr.h; //~ C0214
        bit<8> h = (bit<8>)std.parser_error; //~ C0214
        bit<8> fine = (bit<8>)(int<8>)(int<16>)hdr.h.c;
    }
}
#include "v1_end.p4"
