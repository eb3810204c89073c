// Indexes outside of a stack, and of other types than bits.
#include <core.p4>
header h_t { bit<8> v; }
struct s_t { h_t[3] s; h_t h; }
control C(inout s_t s, in bit<8> n, in bool b) {
    apply {
        s.s[3].v = 1; //~ C0226
        s.s[-1].v = 1; //~ C0226
        s.s[b].v = 1; //~ C0207
        s.h[0].v = 1; //~ C0211
        s.s[n].v = 1;
        s.s[n + 16w1].v = 1; //~ C0210
        s.s[0][0] = 1; //~ C0211
        s.s.size = 2; //~ C0215
        s.s = { { 1 }, { 2 } }; //~ C0209
    }
}
