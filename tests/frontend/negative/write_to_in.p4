#include <core.p4>
header h_t {
    bit<8> kind;
    bit<16> length;
}
struct headers_t { h_t h; }
struct meta_t { bit<16> x; bool seen; }
control C(in headers_t hdr, inout meta_t m) {
    apply {
        hdr.h.kind = 1;
        hdr.h.setInvalid();
        m.x + 1 = 2;
    }
}
