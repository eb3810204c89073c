#include <core.p4>
header h_t {
    bit<8> kind;
    bit<16> length;
}
struct headers_t { h_t h; }
struct meta_t { bit<16> x; bool seen; }
struct all_t { h_t[2] stack; string[3] numbers; }
control C(inout h_t[2] s) {
    apply {
        s[2].kind = 1;
        s.next.setValid();
        s.pop_front();
        s.nxt = 1;
    }
}
