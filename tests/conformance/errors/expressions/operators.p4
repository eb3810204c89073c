// Operators on types that don't have them.
#include "v1_begin.p4"

void nothing() { }

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        bool t = true;
        bool a = t + t; //~ C0211
        bool b = t < true; //~ C0211
        bool c = !hdr.h.a; //~ C0207
        bool d = hdr.h.a && t; //~ C0207
        bool e = t & t; //~ C0211
        bit<8> f = ~hdr.h; //~ C0211
        bit<8> g = -t; //~ C0211
        bit<8> h = hdr.h.a + std.parser_error; //~ C0211
        bool i = error.NoError < error.NoMatch; //~ C0211
        bit<16> j = hdr.h ++ 8w1; //~ C0211
        bit<8> k = hdr.h.a << t; //~ C0211
        bit<8> l = hdr.h.a == 1 ? 8w1 : 16w2; //~ C0210
        bit<8> m = hdr.h.a ? 8w1 : 8w2; //~ C0207
        if (hdr.h.a) { } //~ C0207
        bool o = nothing() == nothing(); //~ C0211
        string n = "a" + "b"; //~ C0204 //~ C0211
    }
}
#include "v1_end.p4"
