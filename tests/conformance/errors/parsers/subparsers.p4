// Instances and calls of parsers within parsers.
#include <core.p4>
header h_t { bit<8> v; }
parser Q(packet_in p, out h_t h)(bit<8> n) { state start { transition accept; } }
parser P(packet_in p, out h_t h) {
    Q() q1; //~ C0217
    Q(1) q2;
    Q(true) q3; //~ C0207
    Q(1, 2) q4; //~ C0217
    state start {
        q2.apply(p); //~ C0217
        q2.apply(h, h); //~ C0207
        q2.apply(p, 5); //~ C0215
        Q.apply(p, h); //~ C0217
        q2(p, h); //~ C0222
        q2.parse(p, h); //~ C0203
        P.apply(p, h); //~ C0201
        q5.apply(p, h); //~ C0201
        transition accept;
    }
}
control C(packet_in p, inout h_t h) {
    Q(1) q; //~ C0223
    apply { q.apply(p, h); }
}
