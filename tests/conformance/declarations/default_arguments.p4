// Parameters with default values, left out or given, by position and by name; `_` for an `out` parameter.
#include "v1_begin.p4"

const bit<8> TEN = 10;
bit<8> f(in bit<8> x, in bit<8> y = TEN, in bit<8> z = 3 + 4) { return x + y - z; }
void g(out bit<8> x, out bit<16> y) { x = 1; y = 2; }

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    action set(inout bit<8> x, in bit<16> y = 0x0102) { x = y[7:0]; }
    apply {
        hdr.h.c = f(hdr.h.a) ++ f(hdr.h.a, 1);
        hdr.h.d = f(hdr.h.a, 2, 3) ++ f(z = 1, x = 0) ++ f(x = 1, y = 1) ++ 8w0;
        g(hdr.h.b, _);
        g(y = _, x = _);
        set(hdr.h.a);
    }
}
#include "v1_end.p4"
