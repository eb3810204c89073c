// What parameters of parsers and of their constructors allow.
#include <core.p4>
header h_t { bit<8> v; }
parser P(packet_in p, out h_t h)(bit<8> n, packet_in q) {
    state start { n = 1; transition select(n) { 1: accept; } } //~ C0215
}
parser Q(packet_in p, out h_t h)(inout bit<8> n) { state start { transition accept; } } //~ C0245
parser R(packet_in p, h_t h) { state start { h.v = 1; transition accept; } } //~ C0216
parser S(packet_in p, out h_t p) { state start { transition accept; } } //~ C0202
