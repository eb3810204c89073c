// Sizes of stacks, and what they are made of.
#include <core.p4>
header h_t { bit<8> v; }
struct st { bit<8> v; }
const bit<8> N = 3;
struct s_t {
    h_t[0] a; //~ C0205
    h_t[-1] b; //~ C0205
    st[3] c; //~ C0204
    bit<8>[3] d; //~ C0204
    h_t[N] e;
    h_t[M] f; //~ C0201
    h_t[true] g; //~ C0220
}
