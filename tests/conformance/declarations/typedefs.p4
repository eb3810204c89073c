// typedef: other names for a type, of structs and enums declared in place, of stacks, tuples and one another.
#define MORE_HEADERS stack_t s;
header e_t { bit<8> v; }
typedef e_t[2] stack_t;
#include "v1_begin.p4"

typedef bit<8> byte_t;
typedef byte_t octet_t;
typedef struct point_s { octet_t x; int<8> y; } point_t;
typedef enum Side_e { LEFT, RIGHT } Side_t;
typedef tuple<byte_t, bool> pair_t;
typedef error fault_t;
typedef h_t head_t;

point_s moved(in point_t p) { return { p.x + 1, p.y - 1 }; }

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        octet_t x = hdr.h.a;
        byte_t y = x + 1;
        point_t p = moved({ y, 0 });
        point_s q = p;
        Side_t side = Side_e.RIGHT;
        pair_t t = { q.x, side == Side_t.RIGHT };
        fault_t f = error.NoError;
        head_t h = hdr.h;
        stack_t s = { { 1 }, { t[0] } };
        hdr.s = s;
        if (t[1] && f == error.NoError && h == hdr.h) { hdr.h.b = (byte_t)(bit<8>)q.y; }
    }
}
#include "v1_end.p4"
