// Names in inner scopes hide those outside; `.name` is the one of the top level; a name ends with its block.
#define MORE_HEADERS o_t o;
header o_t { bit<8> v0; bit<8> v1; bit<8> v2; bit<8> v3; bit<8> v4; bit<8> v5; }
#include "v1_begin.p4"

const bit<8> x = 1;
bit<8> f(in bit<8> x) { return x + .x; }
bit<8> g() { return x; }

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    bit<8> x = 3;
    action set(out bit<8> y) {
        bit<8> x = 5;
        y = x + .x;
    }
    apply {
        hdr.o.setValid();
        hdr.o.v0 = x;
        {
            bit<16> x = 0x0707;
            hdr.o.v1 = x[7:0];
            { const bit<8> x = 9; hdr.o.v2 = x; }
            x = x + 1;
            hdr.h.c = x;
        }
        x = x + .x;
        hdr.o.v3 = x;
        hdr.o.v4 = f(x) + .g();
        for (bit<8> x in 1 .. 2) { hdr.h.a = x; }
        set(hdr.o.v5);
        if (x == 4) { bit<8> x = 8; hdr.h.b = x; } else { bit<8> x = 6; hdr.h.b = x; }
    }
}
#include "v1_end.p4"
