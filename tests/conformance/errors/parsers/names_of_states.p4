// States that have P4's own names, stand twice, or no start.
#include <core.p4>
parser P(packet_in p) {
    state start { }
    state start { transition accept; } //~ C0202
    state accept { } //~ C0202
    state reject { transition start; } //~ C0202
}
parser Q(packet_in p) { //~ C0235
    state begin { transition accept; }
}
