// What a 'for ... in' goes over has elements of its variable's type.
control C(inout bit<8> x, in bool y) {
    apply {
        for (bit<8> i in x) { x = i; } //~ C0207
        for (bit<8> i in y) { x = i; } //~ C0207
        for (bit<8> i in 16w1 .. 8) { x = i; } //~ C0207
        for (bit<8> i in 1 .. 4) { i = 2; }
        x = i; //~ C0201
    }
}
