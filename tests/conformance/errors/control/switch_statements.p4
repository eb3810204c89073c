// Behind a label stands a block or the next label.
control C(inout bit<8> x) {
    apply {
        switch (x) {
            1: x = 2; //~ C0107
        }
    }
}
