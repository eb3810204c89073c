// A declaration is known in its block, behind itself.
control C(inout bit<8> x, in bool c) {
    action a() {
        bit<8> inner = 1;
        x = inner;
    }
    apply {
        x = later; //~ C0201
        bit<8> later = 1;
        { bit<8> block = 2; x = block; }
        x = block; //~ C0201
        if (c) { bit<8> branch = 3; x = branch; } else { x = branch; } //~ C0201
        for (bit<8> i = 0; i < 2; i += 1) { bit<8> body = i; x = body; }
        x = body; //~ C0201
        x = inner; //~ C0201
        bit<8> own = own; //~ C0201
        x = later;
        a();
    }
}
