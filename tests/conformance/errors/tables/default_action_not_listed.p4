// The default action is one of the list, and of the right kind.
control C(in bit<8> x) {
    action a() { }
    action b() { }
    table t {
        actions = { a; }
        default_action = b(); //~ C0229 'b' isn't one of the actions of 't'
    }
    table u {
        actions = { a; }
        default_action = x; //~ C0229
    }
    apply {
        t.apply();
        u.apply();
    }
}
