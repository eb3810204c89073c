// A transition names one state.
#include <core.p4>
parser P(packet_in p) {
    state start { transition; } //~ C0107
    state b { transition accept, reject; } //~ C0107
    state c { goto accept; }
}
