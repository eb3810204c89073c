// Arguments: their number, names, types and l-values.
bit<8> f(in bit<8> a, in bit<8> b) { return a + b; }
void g(out bit<8> x, inout bit<8> y) { x = y; }
bit<8> pick(in bit<8> a, in bit<8> b = 2, in bit<8> c) { return a + b + c; }

control C(in bit<8> i, inout bit<8> v, inout bit<16> w) {
    apply {
        v = f(1); //~ C0217 'b' is missing
        v = f(1, 2, 3); //~ C0217
        v = f(a = 1, c = 2); //~ C0218 has no parameter 'c'
        v = f(a = 1, a = 2); //~ C0218 gets two arguments
        v = f(1, b = 2); //~ C0218 some of the arguments have names
        v = f(_, 2); //~ C0219
        v = f(true, 2); //~ C0207
        v = f(w, 2); //~ C0207
        g(1, v); //~ C0215
        g(v, i); //~ C0216
        g(w, v); //~ C0207
        g((bit<8>) w, v); //~ C0215
        v = pick(1, 3); //~ C0217 'c' is missing
        v = pick(a = 1, c = 3);
        v(); //~ C0222
        v = h(1); //~ C0201
        v = g(v, v); //~ C0207
        g(_, v);
    }
}
