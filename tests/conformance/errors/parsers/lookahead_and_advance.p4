// lookahead needs a type of a fixed width, advance 32 bits.
#include <core.p4>
header v_t { varbit<32> v; }
header h_t { bit<8> v; }
struct s_t { v_t v; h_t[2] s; }
parser P(packet_in p, out s_t s) {
    state start {
        bit<8> a = p.lookahead(); //~ C0221
        bit<8> b = p.lookahead<bit<16>>(); //~ C0207
        v_t c = p.lookahead<v_t>(); //~ C0207
        bit<8> d = p.lookahead<bit<8>>(8); //~ C0217
        bit<8> e = p.lookahead<bit<8>, bit<8>>(); //~ C0206
        p.advance(8w8); //~ C0207
        p.advance(true); //~ C0207
        p.advance(); //~ C0217
        p.lookahead<h_t>() = s.s[0]; //~ C0215
        s.s[0] = p.lookahead<h_t>();
        transition accept;
    }
}
