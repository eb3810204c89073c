// Fields and transitions end with semicolons.
#include <core.p4>
header h_t { bit<8> v } //~ C0107
parser P(packet_in p, out h_t h) {
    state start { transition accept } //~ C0107
}
