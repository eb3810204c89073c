// break and continue stand in loops.
control C(inout bit<8> x) {
    action a() {
        break; //~ C0223
    }
    apply {
        for (bit<8> i = 0; i < 3; i += 1) {
            if (i == 1) { continue; }
            if (i == 2) { break; }
        }
        a();
        if (x == 1) { break; } //~ C0223
        continue; //~ C0223
    }
}
