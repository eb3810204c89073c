// What unions are made of, and that they have no setValid of their own.
#include <core.p4>
header h_t { bit<8> v; }
header g_t { bit<16> w; }
struct s_t { bit<8> x; }
header_union bad_t { h_t a; s_t b; bit<8> c; h_t[2] d; h_t a; } //~ C0202 //~ C0204 //~ C0204 //~ C0204
header_union u_t { h_t h; g_t g; }
header_union w_t { h_t h; g_t g; }
control C(inout u_t u, inout w_t w, inout h_t h) {
    apply {
        u.setValid(); //~ C0203
        u.setInvalid(); //~ C0203
        u = w; //~ C0207
        u = h; //~ C0207
        u.h = u.g; //~ C0207
        u.v = 1; //~ C0203
        if (u == w) { } //~ C0210
        if (u.h == u.g) { } //~ C0210
        bit<8> x = u; //~ C0207
        u.h.w = 1; //~ C0203
        if (u) { } //~ C0207
    }
}
