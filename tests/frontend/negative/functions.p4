#include <core.p4>
bit<8> f(in bit<8> x) {
    if (x == 1) { return 2; }
}
void g() { return 1; }
bit<8> h() { return; }
bit<8> i() { return true; }
control C() { apply { break; } }
