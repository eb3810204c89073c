// There is one apply block.
control C(inout bit<8> x) {
    apply { x = 1; }
    apply { x = 2; } //~ C0107
}
