// extract reads headers only, into something that can be written, with a length where there is a varbit field.
#include <core.p4>
header h_t { bit<8> v; }
header v_t { bit<8> n; varbit<32> v; }
struct s_t { h_t h; }
header_union u_t { h_t a; }
parser P(packet_in p, out s_t s, out h_t[2] st, out u_t u, inout bit<8> b, in h_t fixed, out v_t v) {
    state start {
        p.extract(s); //~ C0207
        p.extract(st); //~ C0207
        p.extract(u); //~ C0207
        p.extract(b); //~ C0207
        p.extract(s.h.v); //~ C0207
        p.extract(fixed); //~ C0216
        p.extract(v); //~ C0217
        p.extract(s.h, 8); //~ C0217
        p.extract(v, true); //~ C0207
        p.extract(v, 8w8); //~ C0207
        p.extract(_); //~ C0221
        p.extract(); //~ C0217
        p.extract({ 1 }); //~ C0215
        transition accept;
    }
}
