// Structs: nested, copied whole, compared, passed and returned; a copy doesn't follow its original.
#include "v1_begin.p4"

struct inner_t { bit<8> x; bit<16> y; }
struct outer_t { inner_t one; inner_t two; bool flag; }

inner_t swap_halves(in inner_t v) { return { v.y[7:0], v.x ++ v.y[15:8] }; }

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        outer_t o = { { hdr.h.a, hdr.h.c }, { 8w7, 16w0x0102 }, false };
        outer_t copy = o;
        o.one = o.two;
        o.flag = !copy.flag;
        if (copy != o) { hdr.h.d = 1; }
        if (o.one == o.two && o.flag) { hdr.h.d = hdr.h.d + 2; }
        if (copy.one == { 8w7, 16w0x0102 }) { hdr.h.d = hdr.h.d + 4; }
        copy.one = swap_halves(copy.one);
        hdr.h.a = copy.one.x;
        hdr.h.c = copy.one.y;
        hdr.h.b = o.one.x;
    }
}
#include "v1_end.p4"
