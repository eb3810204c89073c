#include <core.p4>
header h_t {
    bit<8> kind;
    bit<16> length;
}
struct headers_t { h_t h; }
struct meta_t { bit<16> x; bool seen; }
control A(inout meta_t m) {
    apply {
        m.x = ;
        m.x = 1;
        if m.x == 1 { }
    }
}
parser P(packet_in p) {
    state start { transition; }
}
