// A select of a whole header, of a number without a width, and keys with too few or too many parts.
#include <core.p4>
header h_t { bit<8> v; bit<16> w; }
parser P(packet_in p, out h_t h) {
    state start {
        p.extract(h);
        transition select(h) { //~ C0207
            default: reject;
        }
    }
    state b {
        transition select(h.v, h.w) {
            5: accept; //~ C0230
            (1, 2, 3): accept; //~ C0230
            (1): accept; //~ C0230
            (1, _): accept;
            _: accept;
            default: reject;
        }
    }
    state e {
        transition select(5) { 5: accept; } //~ C0213
    }
    state f {
        transition select(p) { default: accept; } //~ C0207
    }
}
