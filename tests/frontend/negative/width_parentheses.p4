#include <core.p4>
const int N = 8;
header h_t { bit<N> x; }
