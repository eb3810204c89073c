#include <core.p4>
header h_t {
    bit<8> kind;
    bit<16> length;
}
struct headers_t { h_t h; }
struct meta_t { bit<16> x; bool seen; }
extern void fill(out bit<16> v);
control C(inout headers_t hdr, inout meta_t m) {
    apply {
        fill(m.x + 1);
        fill(hdr.h.kind);
        fill(5);
    }
}
