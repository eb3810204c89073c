// Functions and methods share a name if calls can tell them apart by the number or names of arguments, not by types.
extern E {
    E();
    E(); //~ C0202 no call can tell this 'E' from another one
    void m(in bit<8> a);
    void m(in bit<16> a); //~ C0202
    void n(in bit<8> a);
    void n(in bit<16> b);
}
bit<8> f(in bit<8> a) { return a; }
bit<8> f(in bit<8> a, in bit<8> b) { return a; }
bit<16> f(in bit<16> c) { return c; }
bit<16> f(in bit<16> a) { return a; } //~ C0202

control C(inout bit<8> x) {
    E() e;
    apply {
        x = f(x, x);
        x = f(a = x);
        x = f(x); //~ C0217 several forms of 'f'
        x = f(); //~ C0217 no form of 'f'
        e.n(3); //~ C0217 several forms of 'n'
        e.n(b = 3);
    }
}
