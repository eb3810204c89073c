// What stands in the list of actions is an action that is declared above.
void f() { }

control C(in bit<8> x) {
    action near() { }
    table t {
        actions = {
            naer; //~ C0229 there is no action 'naer'
        }
    }
    table u {
        actions = {
            x; //~ C0229
        }
    }
    table v {
        actions = {
            f; //~ C0229
        }
    }
    table w {
        actions = {
            below; //~ C0229
        }
    }
    action below() { }
    apply {
        t.apply();
        u.apply();
        v.apply();
        w.apply();
    }
}
