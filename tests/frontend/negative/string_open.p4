#include <core.p4>
@name("abc) const bit<8> X = 1;
