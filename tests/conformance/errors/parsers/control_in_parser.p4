// What belongs to controls: other blocks, return and exit, loops.
#include <core.p4>
header h_t { bit<8> v; }
control C(inout h_t h) { apply { } }
action act() { }
parser P(packet_in p, out h_t h) {
    C() c; //~ C0223
    state start {
        c.apply(h);
        C.apply(h); //~ C0223
        act(); //~ C0223
        return; //~ C0223
        exit; //~ C0223
        break; //~ C0223
        transition accept;
    }
    state other {
        for (bit<8> i in 0..3) { h.v = i; } //~ C0223
        transition accept;
    }
}
