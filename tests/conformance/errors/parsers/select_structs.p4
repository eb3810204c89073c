// A select tests bits, bools, enums and errors, not structs or tuples.
#include <core.p4>
header h_t { bit<8> v; }
struct m_t { bit<8> x; bit<8> y; }
parser P(packet_in p, out h_t h, inout m_t m) {
    value_set<m_t>(4) vs;
    state start {
        transition select(m) { vs: accept; default: reject; } //~ C0207
    }
    state b { transition select(h.v, h.v) { {1, 2}: accept; (1 &&& 2, 3): accept; (1..2, _): accept; } }
    state c { transition select((bit<4>) h.v, m.x + m.y) { (1, 2): accept; } }
    state d { transition select(h.v) { 1: accept; 1: reject; _: accept; _: reject; } }
    state e { transition select(h.v == 1) { true: accept; false: reject; 1: accept; } } //~ C0207
    state f { transition select(h.isValid()) { true: accept; } }
    state g { transition select({h.v, h.v}) { (1, 2): accept; } } //~ C0207
}
