// Data of actions: bool, signed numbers, enums, errors, new types, wide numbers.
#include "v1_begin.p4"

enum color_t { red, green }
enum bit<4> size_t { small = 3, big = 9 }
type bit<16> id_t;

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    action all(bool b, int<8> i, color_t c, size_t s, id_t n, bit<72> w) {
        if (b) { hdr.h.b = (bit<8>) (i >> 1); }
        hdr.h.c = (bit<16>) n;
        if (c == color_t.green) { hdr.h.d[3:0] = s; }
        hdr.h.d[31:8] = w[71:48];
    }
    table t {
        key = { hdr.h.a : exact; }
        actions = { all; NoAction; }
        entries = {
            1 : all(true, -4, color_t.green, size_t.big, (id_t) 0x0102, 72w0xAABBCC << 48);
            2 : all(false, 5, color_t.red, size_t.small, (id_t) 7, 0);
        }
    }
    apply { t.apply(); }
}
#include "v1_end.p4"
