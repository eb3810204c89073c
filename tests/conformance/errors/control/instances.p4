// Objects are instantiated beside the locals of controls and parsers, or (externs) at the top level.
#include <core.p4>

extern E {
    E(bit<8> n);
    void f();
}
extern None { void f(); }
struct S { }
control D() { apply { } }
control T();
package Pack(T t);
parser Q(packet_in b) { state start { transition accept; } }
D() top; //~ C0223 a control is instantiated at the top level
E(3) fine;

control C(packet_in b, in bit<8> x) {
    E(1) e;
    E() few; //~ C0217
    E(1, 2) many; //~ C0217
    E(true) wrong; //~ C0207
    E(x) later; //~ C0220
    E plain; //~ C0204
    None() none; //~ C0222
    S() s; //~ C0222
    T() t; //~ C0222
    Q() q; //~ C0223 a parser is instantiated in a control
    Pack(D()) p; //~ C0223 a package is instantiated in a control
    Unknown() u; //~ C0201
    action a() {
        E(4) inner; //~ C0223 among statements
    }
    apply {
        E(5) inner; //~ C0223
        D() d; //~ C0223
        a();
        E.f(); //~ C0225
        e = fine; //~ C0215
    }
}
parser R(packet_in b) {
    D() d; //~ C0223 a control is instantiated in a parser
    state start {
        E(6) e; //~ C0223
        transition accept;
    }
}
