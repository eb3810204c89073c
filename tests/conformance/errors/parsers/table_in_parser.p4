// Actions and tables belong to controls.
#include <core.p4>
header h_t { bit<8> v; }
parser P(packet_in p, out h_t h) {
    action a() { } //~ C0107
    table t { actions = { a; } } //~ C0107
    state start { transition accept; }
}
