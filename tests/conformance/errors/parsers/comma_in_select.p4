// Cases end with semicolons.
#include <core.p4>
header h_t { bit<8> v; }
parser P(packet_in p, out h_t h) {
    state start { transition select(h.v) { 1: accept, 2: reject; } } //~ C0107
}
