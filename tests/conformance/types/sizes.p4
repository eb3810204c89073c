// minSizeInBits and its like: of types and values, with varbit, unions, stacks, bools and enums.
#define MORE_HEADERS o_t o;
header o_t { bit<8> v0; bit<8> v1; bit<8> v2; bit<8> v3; bit<8> v4; bit<8> v5; bit<8> v6; }
header var_t { bit<3> x; varbit<40> y; bit<5> z; }
header one_t { bit<8> v; }
header two_t { bit<16> v; bool b; bit<7> w; }
header_union u_t { one_t one; two_t two; }
enum bit<5> E { A = 1 }
struct s_t { E e; bool b; tuple<bit<3>, int<4>> t; }
type bit<9> port_t;
#include "v1_begin.p4"

const int BITS = s_t.minSizeInBits();

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        s_t s;
        one_t[3] stack;
        hdr.o = {
            BITS,
            s.minSizeInBytes(),
            (bit<8>)var_t.minSizeInBits(),
            (bit<8>)var_t.maxSizeInBits(),
            u_t.maxSizeInBits() + stack.minSizeInBytes(),
            port_t.minSizeInBytes(),
            (bit<8>)hdr.h.maxSizeInBytes()
        };
        if (E.minSizeInBits() == 5 && hdr.h.c.minSizeInBits() == 16) { hdr.h.a = 1; }
    }
}
#include "v1_end.p4"
