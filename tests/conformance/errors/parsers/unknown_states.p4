// Transitions to what is no state: near-miss names, variables, parameters.
#include <core.p4>
header h_t { bit<8> v; }
parser P(packet_in p, out h_t h) {
    bit<8> x;
    state start {
        x = start; //~ C0207
        transition nxt; //~ C0201
    }
    state next { transition x; } //~ C0201
    state b { transition p; } //~ C0201
    state c {
        transition select(h.v) {
            1: acept; //~ C0201
            2: next;
            default: C; //~ C0201
        }
    }
}
