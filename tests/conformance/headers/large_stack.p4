// A stack of twelve filled in a loop and popped; bool and signed fields in one header.
#define MORE_HEADERS t_t[12] s; bool_t f;
header t_t { bit<16> v; }
header bool_t { bool a; bool b; bit<6> c; int<16> d; }
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        for (bit<16> i in 0..11) { hdr.s[(bit<8>) i] = { i * 3 }; }
        hdr.s.pop_front(9);
        hdr.f = { hdr.h.a == 1, hdr.h.a != 1, 6w0x3F, -2 };
        if (hdr.f.a || hdr.f.b && hdr.f.d == -2) { hdr.f.d = hdr.f.d - 1; }
    }
}
#include "v1_end.p4"
