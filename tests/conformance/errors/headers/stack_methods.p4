// push_front and pop_front take one number that is known, on a stack that can be written; there are no others.
#include <core.p4>
header h_t { bit<8> v; }
struct s_t { h_t[3] s; h_t h; }
control C(inout s_t s, in h_t[2] fixed, in bit<8> n) {
    apply {
        s.s.push_front(n); //~ C0220
        s.s.push_front(8w1);
        s.s.pop_front(-1); //~ C0205
        s.s.push_front(); //~ C0217
        s.s.pop_front(1, 2); //~ C0217
        s.h.push_front(1); //~ C0203
        s.s.isValid(); //~ C0203
        s.s.setInvalid(); //~ C0203
        s.s.push(1); //~ C0203
        fixed.pop_front(1); //~ C0216
        bit<8> x = s.s.pop_front(1); //~ C0207
    }
}
parser P(packet_in p, out s_t s) {
    state start {
        s.s.push_front(1); //~ C0223
        transition accept;
    }
}
