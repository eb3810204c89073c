// A transition is the last part of a state: it can't stand in a branch.
#include <core.p4>
header h_t { bit<8> v; }
parser P(packet_in p, out h_t h) {
    state start {
        if (h.v == 2) transition accept; //~ C0107
    }
}
