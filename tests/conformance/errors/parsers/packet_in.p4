// packet_in is an object: it comes as a parameter without a direction, and only its methods can be used.
#include <core.p4>
header h_t { bit<8> v; }
struct s_t { packet_in p; } //~ C0204
parser P(packet_in p, out h_t h) {
    packet_in q; //~ C0204
    packet_in() r; //~ C0222
    state start {
        bit<8> n = p.length(); //~ C0207
        bit<32> l = p.length; //~ C0203
        p = p; //~ C0216
        if (p == p) { } //~ C0211
        p.extracts(h); //~ C0203
        p.length() = 3; //~ C0215
        transition accept;
    }
}
parser Q(inout packet_in p, out h_t h) { state start { transition accept; } } //~ C0245
control C(packet_in p, out h_t h) { apply { p.emit(h); } } //~ C0203
