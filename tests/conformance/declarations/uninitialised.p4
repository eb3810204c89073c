// Variables that nothing was assigned to are 0, as on BMv2; headers among them are invalid.
#define MORE_HEADERS h_t p;
#define MORE_META bit<8> z;
#include "v1_begin.p4"

enum Color { RED, GREEN }
struct s_t { bit<8> x; bool y; h_t h; Color c; error e; }

bit<8> fresh() { bit<8> v; return v; }

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    bit<8> of_control;
    action count() { bit<8> v; v = v + 1; of_control = of_control + v; }
    apply {
        bit<16> v;
        s_t s;
        hdr.h.c = v + 1;
        hdr.h.a = fresh() + s.x + of_control + meta.z;
        count();
        count();
        hdr.h.b = of_control;
        if (!s.y && !s.h.isValid() && s.c == Color.RED && s.e == error.NoError) { hdr.h.d = 1; }
        hdr.p.a = 5;
        hdr.p = s.h;
        for (bit<8> i in 0 .. 1) { bit<8> w; w = w + 1; hdr.h.d = hdr.h.d + (24w0 ++ w); }
    }
}
#include "v1_end.p4"
