#include <core.p4>
header h_t {
    bit<8> kind;
    bit<16> length;
}
struct headers_t { h_t h; }
struct meta_t { bit<16> x; bool seen; }
control C(inout headers_t hdr, inout meta_t m) {
    apply {
        int<32> y = (int<32>) m.x;
        int<16> z = m.x;
    }
}
