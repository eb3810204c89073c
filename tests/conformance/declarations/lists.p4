// Lists and arrays as constants: looped over, indexed by the packet.
#include "v1_begin.p4"

struct s_t { bit<8> x; bit<8> y; }
const list<s_t> PAIRS = { { 1, 2 }, { 3, 4 } };
const list<bit<8>> NUMBERS = { 0x10, 0x20, 0x40 };
const s_t[2] TABLE = { { 5, 6 }, { 7, 8 } };

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        for (s_t s in PAIRS) { hdr.h.a += s.x; hdr.h.b += s.y; }
        for (bit<8> n in NUMBERS) { hdr.h.c |= 8w0 ++ n; }
        s_t[2] local = TABLE;
        hdr.h.d = 16w0 ++ local[hdr.h.d[0:0]].y ++ TABLE[1].x;
    }
}
#include "v1_end.p4"
