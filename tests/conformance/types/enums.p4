// An enum without a representation: assigned, compared, passed, switched on; its first member is the value of what
// nothing was assigned to.
#include "v1_begin.p4"

enum Color { RED, GREEN, BLUE }

Color after(in Color c) {
    switch (c) {
        Color.RED: { return Color.GREEN; }
        Color.GREEN: { return Color.BLUE; }
        default: { return Color.RED; }
    }
}

struct paint_t {
    Color first;
    Color second;
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        Color c = Color.RED;
        if (hdr.h.a == 1) { c = Color.GREEN; }
        if (hdr.h.a == 2) { c = Color.BLUE; }
        paint_t p = { c, after(c) };
        if (p.second == Color.BLUE) { hdr.h.b = 0xB1; }
        else if (p.second != Color.GREEN) { hdr.h.b = 0x4E; }
        Color d = p.first == p.second ? Color.BLUE : p.first;
        if (d == c) { hdr.h.c = 1; }
    }
}
#include "v1_end.p4"
