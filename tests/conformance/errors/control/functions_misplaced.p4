// Functions stand at the top level.
control D() {
    bit<8> f() { return 1; } //~ C0107
    apply { }
}
