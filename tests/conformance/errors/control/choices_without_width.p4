// Of two choices at run time one has a width; strings are only joined.
control C(in bool b, inout bit<8> x) {
    apply {
        x = b ? 1 : 2; //~ C0213
        x = (b ? 1 : 2) + x; //~ C0213
        x = b ? 8w1 : 2;
        x = true ? 1 : 2;
        if ("a" == "b") { x = 1; } //~ C0211
    }
}
