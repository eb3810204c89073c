// What can be applied, and with which arguments.
#include <core.p4>

parser Q(packet_in b) { state start { transition accept; } }
control Plain(inout bit<8> x) { apply { } }
control Param(inout bit<8> x)(bit<8> k) { apply { } }
control Type(inout bit<8> x);
struct S { }

control C(packet_in b, inout bit<8> x, in bit<8> y) {
    Plain() plain;
    action a() {
        plain.apply(x); //~ C0223 a control is applied in an action
    }
    action act() { }
    apply {
        plain.apply(); //~ C0217
        plain.apply(y); //~ C0216
        plain.apply(3); //~ C0215
        plain(x); //~ C0222
        Param.apply(x); //~ C0217 without the arguments of its constructor
        Type.apply(x); //~ C0222
        Q.apply(b); //~ C0223 a parser is applied in a control
        S.apply(); //~ C0203
        act.apply(); //~ C0203
        C.apply(b, x, y); //~ C0201
        a();
    }
}
