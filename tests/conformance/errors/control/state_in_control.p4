// States belong to parsers.
control C(inout bit<8> x) {
    state start { } //~ C0107
    apply { }
}
