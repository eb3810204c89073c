// A union is extracted member by member and has no validity of its own to set.
#include <core.p4>
header h_t { bit<8> v; };
header_union u_t { h_t h; }
struct s { u_t[2] u; }
parser P(packet_in p, out s x) {
    state start {
        p.extract(x.u.next); //~ C0207
        p.extract(x.u[0]); //~ C0207
        x.u.next.h.setValid();
        x.u.next.setValid(); //~ C0203
        x.u.last.h.v = 1;
        transition select(x.u.last) { default: accept; } //~ C0207
    }
}
