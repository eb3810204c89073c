// A type argument that is declared nowhere.
#include <core.p4>
header h_t { bit<8> v; }
parser P(packet_in p, out h_t h) {
    state start {
        h.v = p.lookahead<unknown_t>(); //~ C0201
        transition accept;
    }
}
