// Types and errors declared twice, types that hold themselves.
#include <core.p4>
header h_t { bit<8> v; }
header h_t { bit<8> w; } //~ C0202
struct h_t { bit<8> w; } //~ C0202
header_union e_t { }
struct r_t { r_t r; } //~ C0201
header q_t { bit<8> v; varbit<8> x; q2_t y; } //~ C0201
error { A, A } //~ C0202
error { NoError } //~ C0202
