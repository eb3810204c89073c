#include <core.p4>
struct s_t { ipv4_addr_t a; }
struct r_t { s_tt b; }
