// Expressions are no statements.
control C(inout bit<8> x) {
    apply {
        x; //~ C0107
        x + 1; //~ C0107
        x == 1; //~ C0107
        1; //~ C0107
        x++; //~ C0107
        x ++= 1; //~ C0107
        x = x;
    }
}
