// switch on numbers, enums, signed numbers and casts: several labels with one block, a last label without one, effects
// of what is tested.
#include "v1_begin.p4"

enum Side { LEFT, RIGHT, NONE }
enum bit<8> Kind { A = 1, B = 0x20 }
const bit<8> SIX = 6;

bit<8> next(inout bit<8> n) {
    n = n + 1;
    return n;
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        bit<8> n = hdr.h.a;
        switch (next(n)) {
            1: { hdr.h.b = 1; }
            2: 3: { hdr.h.b = n + 1; }
            SIX + 1: { hdr.h.b = 7; }
            0xFF: default: { hdr.h.b = 0xDD; }
        }
        Side s = hdr.h.c == 0 ? Side.LEFT : hdr.h.c == 1 ? Side.RIGHT : Side.NONE;
        switch (s) {
            Side.RIGHT: { hdr.h.c = 0xB; }
            Side.LEFT: { hdr.h.c = 0xA; }
        }
        switch ((int<8>)hdr.h.a) {
            -1: { hdr.h.d[7:0] = 1; }
            -128: { hdr.h.d[7:0] = 2; }
        }
        switch ((Kind)hdr.h.a) {
            Kind.A: { hdr.h.d[15:8] = 1; }
            Kind.B: { hdr.h.d[15:8] = 2; }
            default:
        }
    }
}
#include "v1_end.p4"
