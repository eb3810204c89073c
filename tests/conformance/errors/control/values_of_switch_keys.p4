// A value set fits what is matched.
#include <core.p4>

parser P(packet_in pkt, in bit<8> x, in bit<16> y) {
    value_set<bit<16>>(4) wide;
    value_set<tuple<bit<8>, bit<16>>>(4) pairs;
    state start {
        transition select (x) {
            wide: accept; //~ C0207
            default: next;
        }
    }
    state next {
        transition select (y, x) {
            pairs: accept; //~ C0207
            (wide, 1): accept;
            default: reject;
        }
    }
}
