// An object defines what its extern leaves open, and calls name all arguments or none.
#include <core.p4>
extern Filter { Filter(); abstract bool pass(in bit<8> x); bool run(in bit<8> x, in bit<8> y); }
control C(inout bit<8> x) {
    Filter() open;
    Filter() closed = { bool pass(in bit<8> x) { return x == 1; } };
    apply { if (closed.run(x = x, 2)) { x = 1; } }
}
