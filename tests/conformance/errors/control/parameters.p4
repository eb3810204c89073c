// What parameters may have: directions, types, defaults, @optional.
#include <core.p4>

extern E {
    E(in bit<8> n); //~ C0245 of a constructor has the direction 'in'
    void f(in string s); //~ C0245
    void g(@optional in bit<8> x = 3); //~ C0245 @optional and has a default value
}
package P(in E e); //~ C0245
bit<8> dynamic() { return 1; }
void h(out bit<8> x = 3) { x = 1; } //~ C0245 the 'out' parameter 'x' has a default value
void i(in bit<8> x = dynamic()) { } //~ C0220
void j(@optional in bit<8> x) { } //~ C0245 an @optional parameter
control Other() { apply { } }
control C(inout packet_in pkt) { apply { } } //~ C0245 is an object (packet_in)
control D(in int x) { apply { } } //~ C0245
control F(Other o) { apply { } } //~ C0245
control G(in bit<8> x)(out bit<8> k) { apply { } } //~ C0245
control H() {
    action a(E e) { } //~ C0245
    action b(int n) { } //~ C0245
    action c(bit<8> data, in bit<8> x) { } //~ C0237
    apply { }
}
