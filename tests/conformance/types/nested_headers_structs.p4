// Structs of headers within structs, headers with structs within; whole ones are copied and compared, emitted in order.
#define MORE_HEADERS deep_t deep; deep_t other;
struct flags_t { bit<3> x; bool y; int<4> z; }
header with_t { flags_t f; bit<8> v; }
header plain_t { bit<8> v; }
struct pair_t { with_t w; plain_t p; }
struct deep_t { pair_t one; plain_t[2] many; }
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        hdr.deep.one.w = { { 5, true, -1 }, hdr.h.a };
        hdr.deep.one.p = { 0x77 };
        hdr.deep.many[1].setValid();
        hdr.deep.many[1].v = 0x88;
        if (hdr.h.b == 1) { hdr.other = hdr.deep; }
        if (hdr.h.b == 2) { hdr.deep.one.w.f = { 1, false, 2 }; hdr.deep.many[0] = hdr.deep.one.p; }
        if (hdr.h.b == 3) { hdr.deep.one.p.setInvalid(); hdr.other.one = hdr.deep.one; }
        if (hdr.other == hdr.deep) { hdr.h.c = 1; }
        if (hdr.deep.one.w.f == { 5, true, -1 }) { hdr.h.d = 1; }
    }
}
#include "v1_end.p4"
