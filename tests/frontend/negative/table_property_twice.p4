#include <core.p4>
header h_t {
    bit<8> kind;
    bit<16> length;
}
struct headers_t { h_t h; }
struct meta_t { bit<16> x; bool seen; }
control C(inout headers_t hdr, inout meta_t m) {
    action a() { }
    table t {
        actions = { a; }
        size = 10;
        size = 20;
    }
    apply {
        t.apply();
    }
}
