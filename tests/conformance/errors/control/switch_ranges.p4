// Labels are single values.
control C(in bit<8> x) {
    apply {
        switch (x) {
            1 .. 3: { } //~ C0107
        }
    }
}
