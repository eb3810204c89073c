#include <core.p4>
header h_t {
    bit<8> kind;
    bit<16> length;
}
struct headers_t { h_t h; }
struct meta_t { bit<16> x; bool seen; }
control C(inout headers_t hdr, inout meta_t m) {
    apply {
        m.x = 1 ++ hdr.h.kind;
        bit<32> y = 1 << m.x;
    }
}
