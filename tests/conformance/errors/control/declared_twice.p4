// No name is declared twice in one scope; inner scopes may use it again.
control C(inout bit<8> x) {
    bit<8> v = 1;
    bit<16> v = 2; //~ C0202
    action a() { }
    action a() { } //~ C0202
    table t { actions = { a; } }
    table t { actions = { a; } } //~ C0202
    bit<8> a = 3; //~ C0202
    apply {
        bit<8> v = 4;
        bit<8> v = 5; //~ C0202
        const bit<8> v = 6; //~ C0202
        { bit<8> v = 7; x = v; }
        t.apply();
    }
}
