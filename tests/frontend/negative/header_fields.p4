#include <core.p4>
extern E { E(); }
struct s_t { int v; E e; }
header h_t { error e; s_t s; string t; }
header_union u_t { bit<8> b; }
