#include <core.p4>
header h_t {
    bit<8> kind;
    bit<16> length;
}
struct headers_t { h_t h; }
struct meta_t { bit<16> x; bool seen; }
control C(inout headers_t hdr, inout meta_t m) {
    apply {
        m.x = hdr.h.lenght;
        m.seeen = true;
        n.x = 1;
        do_it();
    }
}
