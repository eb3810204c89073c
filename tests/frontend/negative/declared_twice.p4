#include <core.p4>
const bit<8> X = 1;
const bit<8> X = 2;
header h_t { bit<8> a; bit<8> a; }
