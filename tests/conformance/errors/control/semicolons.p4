// What is missing between statements, said at the place behind which it is missing.
control C(inout bit<8> x) {
    apply {
        x = 1 //~ C0107 expected ';'
        x = 2;
        if (x == 1 { //~ C0107 expected ')'
            x = 3;
        }
        x = y 4; //~ C0107
        x = 5;
    }
}
