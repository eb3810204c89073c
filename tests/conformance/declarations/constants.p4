// Constants of all types, made of other constants; in controls and blocks too.
#define MORE_HEADERS o_t o;
header o_t { bit<8> v0; bit<16> v1; bit<8> v2; bit<8> v3; bit<8> v4; }
#include "v1_begin.p4"

struct point_t { bit<8> x; int<8> y; }
struct line_t { point_t from; point_t to; }
enum Side { LEFT, RIGHT }
const point_t ORIGIN = { 0, -1 };
const line_t LINE = { ORIGIN, { x = 7, y = 8 } };
const tuple<bit<8>, bool> PAIR = { 5, true };
const Side SIDE = Side.RIGHT;
const error FAILED = error.NoMatch;
const bit<16> JOINED = LINE.to.x ++ 8w3;
const bool BOTH = PAIR[1] && SIDE == Side.RIGHT && FAILED != error.NoError;
const h_t HEADER = { 1, 2, 3, 4 };

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    const bit<8> INNER = PAIR[0] * 2;
    apply {
        const int N = 3;
        hdr.o = { (bit<8>)LINE.from.y, JOINED, INNER, N + INNER, 0 };
        if (BOTH) { hdr.o.v4 = 1; }
        if (hdr.h == HEADER) { hdr.o.v4 = hdr.o.v4 + 2; }
        line_t copy = LINE;
        copy.to.x = copy.to.x + 1;
        hdr.h.a = copy.to.x + LINE.to.x;
    }
}
#include "v1_end.p4"
