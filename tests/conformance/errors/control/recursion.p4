// Nothing is known in itself: there is no recursion.
bit<8> f(in bit<8> x) {
    return f(x); //~ C0201
}
bit<8> g() {
    return h(); //~ C0201
}
bit<8> h() {
    return g();
}
action a() {
    a(); //~ C0201
}
control C() {
    C() inner; //~ C0201
    apply {
        inner.apply();
    }
}
control D() {
    apply {
        D.apply(); //~ C0201
    }
}
struct S {
    S s; //~ C0201
}
header H {
    bit<8> a;
    I i; //~ C0201
}
header I {
    H h; //~ C0204
}
