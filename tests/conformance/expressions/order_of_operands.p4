// Operands, arguments and parts of lists are evaluated from left to right; a value that was read isn't changed by what
// comes after it.
#define MORE_HEADERS o_t o;
header o_t {
    bit<16> sum;
    bit<16> read_first;
    bit<16> arguments;
    bit<16> list;
    bit<16> by_name;
}
#include "v1_begin.p4"

struct pair_t { bit<8> x; bit<8> y; }

bit<8> next(inout bit<8> n) {
    n = n + 1;
    return n;
}
bit<16> join(in bit<8> x, in bit<8> y) { return x ++ y; }

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        bit<8> n = hdr.h.a;
        hdr.o.setValid();
        hdr.o.sum = next(n) ++ next(n);
        hdr.o.read_first = n ++ next(n);
        hdr.o.arguments = join(next(n), n);
        pair_t p = { next(n), next(n) };
        hdr.o.list = p.x ++ p.y;
        hdr.o.by_name = join(y = next(n), x = n);
        hdr.h.b = n;
    }
}
#include "v1_end.p4"
