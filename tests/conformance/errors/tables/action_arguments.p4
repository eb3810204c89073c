// The list of actions binds the parameters with a direction, and no others.
action a(in bit<32> x) { }
action b(inout bit<32> x, bit<8> data) { }

control C() {
    bit<32> z = 1;
    action nop() { }
    table other {
        actions = { nop; }
    }
    table t {
        actions = {
            a; //~ C0217 'x' is missing
        }
    }
    table u {
        actions = {
            b(z, 3); //~ C0217 takes 1 argument
        }
    }
    table v {
        actions = {
            b(5); //~ C0215
        }
    }
    table w {
        actions = {
            a(other.apply().hit ? 32w5 : 3); //~ C0223 a table is applied in a list of actions
        }
    }
    apply {
        t.apply();
        u.apply();
        v.apply();
        w.apply();
    }
}
