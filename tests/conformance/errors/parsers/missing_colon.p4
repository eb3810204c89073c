// A case without a colon.
#include <core.p4>
header h_t { bit<8> v; }
parser P(packet_in p, out h_t h) {
    state start {
        transition select(h.v) { 5 accept; } //~ C0107
    }
}
