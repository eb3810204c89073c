#include <core.p4>
const bit<8> X = 12abc;
const bit<8> Y = 0w5;
