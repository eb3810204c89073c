// Value sets whose members can't be what is tested, and sizes that aren't known.
#include <core.p4>
header h_t { bit<8> v; bit<16> w; }
parser P(packet_in p, out h_t h) {
    value_set<bit<16>>(4) vs;
    value_set<bit<8>>(h.v) dyn; //~ C0220
    value_set<tuple<bit<8>, bit<16>>>(4) pairs;
    state start {
        p.extract(h);
        transition select(h.v) {
            vs: accept; //~ C0207
            undefined: accept; //~ C0201
            pairs: accept; //~ C0207
            default: reject;
        }
    }
    state other {
        transition select(h.v, h.w) {
            vs: accept; //~ C0207
            (_, vs): accept;
            (vs, _): accept; //~ C0207
            pairs: accept;
            default: reject;
        }
    }
    state third {
        h.w = vs; //~ C0207
        transition accept;
    }
}
