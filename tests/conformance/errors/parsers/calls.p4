// Results of extract, type arguments that are no headers, names that are nowhere.
#include <core.p4>
header h_t { bit<8> v; }
parser P(packet_in p, out h_t h) {
    state start {
        h = p.extract(h); //~ C0207
        p.extract<bit<8>>(h.v); //~ C0207
        p.extract<h_t>(h, 3); //~ C0217
        h.v = h; //~ C0207
        h.v = start; //~ C0207
        h.v.x = 1; //~ C0203
        bit<8> y = undefined.z; //~ C0201
        packet.extract(h); //~ C0201
        transition select(h.v, undefined) { (1, 2): accept; } //~ C0201
    }
}
