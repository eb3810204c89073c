// Sizes of stacks.
#include <core.p4>
header h_t { bit<8> v; }
const bit<8> N = 3;
struct s_t {
    h_t[0] a; //~ C0205
    h_t[-1] b; //~ C0205
    h_t[N] e;
    h_t[M] f; //~ C0201
    h_t[true] g; //~ C0220
}
