// Only the types of parsers and controls are generic.
#include <core.p4>

control Fine<T>(inout T x);
control C<T>(inout T x) { apply { } } //~ C0206
parser P<T>(packet_in b, out T x) { state start { transition accept; } } //~ C0206
struct Pair<A, B> { A a; B b; }
control D(inout Pair<bit<8>> x) { apply { } } //~ C0206
control E(inout Pair y) { apply { } } //~ C0206
