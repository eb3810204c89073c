// next, last and lastIndex of a stack belong to parsers.
#include <core.p4>
header h_t { bit<8> v; }
struct hs { h_t[3] s; }
control C(inout hs h) {
    apply {
        h.s.next.setValid(); //~ C0223
        h.s.last.v = 1; //~ C0223
        bit<32> i = h.s.lastIndex; //~ C0223
        h.s[0] = h.s.next; //~ C0223
        bit<32> n = h.s.size;
    }
}
bit<32> f(in h_t[2] s) { return s.lastIndex; } //~ C0223
