// A default action has all its arguments: those of the list as they stand there, data as constants.
action a(in bit<32> x) { }
action b(inout bit<32> x, bit<8> data) { }
action c(bit<8> data) { }

control C(in bit<8> run) {
    bit<32> z = 1;
    bit<32> x = 2;
    table other_in {
        actions = { a(5); }
        default_action = a(z); //~ C0243 'x' of 'a'
    }
    table other_inout {
        actions = { b(z); }
        default_action = b(x, 3); //~ C0243 'x' of 'b'
    }
    table fine {
        actions = { b(z); }
        default_action = b(z, 3);
    }
    table no_data {
        actions = { c; }
        default_action = c; //~ C0217 'data' is missing
    }
    table too_much {
        actions = { c; }
        default_action = c(1, 2); //~ C0217
    }
    table at_run_time {
        actions = { c; }
        default_action = c(run); //~ C0220
    }
    table wrong_type {
        actions = { c; }
        default_action = c(16w1); //~ C0207
    }
    apply {
        other_in.apply();
        other_inout.apply();
        fine.apply();
        no_data.apply();
        too_much.apply();
        at_run_time.apply();
        wrong_type.apply();
    }
}
