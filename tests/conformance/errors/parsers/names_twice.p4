// A parser's variables, value sets and states share one space of names.
#include <core.p4>
header h_t { bit<8> v; }
parser P(packet_in p, out h_t h) {
    bit<8> x;
    bit<8> x; //~ C0202
    value_set<bit<8>>(4) x; //~ C0202
    state start { transition accept; }
    state x { transition accept; } //~ C0202
    state h { transition accept; }
}
