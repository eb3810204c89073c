// Values of structs: by position, by name in any order, with a type before, with `...`, and within one another.
#include "v1_begin.p4"

struct p_t { bit<8> x; bit<8> y; }
struct q_t { p_t p; bit<16> z; bool b; }

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        p_t a = { 1, 2 };
        p_t b = { y = 3, x = 4 };
        p_t c = (p_t){ 5, 6 };
        p_t d = (p_t){ y = hdr.h.a, x = hdr.h.b };
        p_t e = { 7, ... };
        q_t f = { p = { x = 8, ... }, ... };
        q_t g = { { 9, 10 }, 11, true };
        q_t k = ...;
        hdr.h.c = a.x ++ a.y;
        hdr.h.c = hdr.h.c + (b.x ++ b.y);
        hdr.h.c = hdr.h.c + (c.x ++ c.y);
        hdr.h.c = hdr.h.c + (e.x ++ e.y);
        hdr.h.c = hdr.h.c + (f.p.x ++ f.p.y) + f.z;
        hdr.h.c = hdr.h.c + (g.p.x ++ g.p.y) + g.z;
        hdr.h.d = d.x ++ d.y ++ k.z;
        if (!f.b && g.b && !k.b && k.p == { 0, 0 }) { hdr.h.a = 1; }
    }
}
#include "v1_end.p4"
