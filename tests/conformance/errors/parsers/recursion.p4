// Nothing can use itself, directly or by what stands behind it.
#include <core.p4>
header h_t { bit<8> v; }
bit<8> f(in bit<8> x) { return f(x); } //~ C0201
parser A(packet_in p, out h_t h) {
    A() a; //~ C0201
    state start { a.apply(p, h); transition accept; }
}
parser B(packet_in p, out h_t h) {
    D() d; //~ C0201
    state start { d.apply(p, h); transition accept; }
}
parser D(packet_in p, out h_t h) {
    B() b;
    state start { b.apply(p, h); transition accept; }
}
