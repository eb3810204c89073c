// Nothing stands behind a transition.
#include <core.p4>
header h_t { bit<8> v; }
parser P(packet_in p, out h_t h) {
    state start {
        transition accept;
        h.v = 1; //~ C0107
    }
}
