// Parameters are copied in and out: what a function does to one doesn't show in another one, even if they were given
// the same variable; copies go back from left to right.
#define MORE_HEADERS o_t o;
header o_t {
    bit<8> in_and_out;
    bit<8> out_and_in;
    bit<8> twice;
    bit<8> inner;
    bit<8> call_changes;
    bit<8> changed;
    bit<8> struct_field;
}
#include "v1_begin.p4"

struct s_t { bit<8> x; bit<8> y; }

void out_first(out bit<8> r, in bit<8> x) { r = x + 1; }
void in_first(in bit<8> x, out bit<8> r) { r = 5; r = r + x; }
bit<8> two(inout bit<8> x, inout bit<8> y) {
    x = x + 1;
    y = y + 10;
    return x + y;
}
bit<8> next(inout bit<8> n) { n = n + 1; return n; }
void add(inout bit<8> x, in bit<8> y) { x = x + y; }
void copy(in s_t s, inout bit<8> x) { x = 7; x = x + s.x; }

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        bit<8> n = hdr.h.a;
        hdr.o = { n, n, n, n, n, n, n };
        out_first(hdr.o.in_and_out, hdr.o.in_and_out);
        in_first(hdr.o.out_and_in, hdr.o.out_and_in);
        hdr.o.inner = two(hdr.o.twice, hdr.o.twice);
        // x is copied in before the second argument changes it, and copied back after that
        add(hdr.o.call_changes, next(hdr.o.call_changes));
        bit<8> m = n;
        hdr.o.changed = next(m) + m;
        s_t s = { n, n };
        copy(s, s.x);
        hdr.o.struct_field = s.x;
    }
}
#include "v1_end.p4"
