// Conditions are of type bool, which nothing becomes by itself.
control C(inout bit<8> x, inout bit<1> y) {
    apply {
        if (x) { x = 1; } //~ C0207
        if (1) { x = 2; } //~ C0207
        if (y) { x = 3; } //~ C0207
        if (!x) { x = 4; } //~ C0207
        if (x == 1 && y) { x = 5; } //~ C0207
        x = x ? 8w1 : 8w2; //~ C0207
        for (bit<8> i = 0; i; i += 1) { x = i; } //~ C0207
        if ((bool) y) { x = 6; }
    }
}
