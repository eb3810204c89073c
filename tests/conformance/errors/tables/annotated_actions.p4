// @defaultonly actions aren't for entries, and @tableonly ones aren't the default.
#include <core.p4>

control C(in bit<8> x) {
    action a() { }
    table t {
        key = { x : exact; }
        actions = { a; @defaultonly NoAction; }
        const entries = {
            1 : a();
            2 : NoAction(); //~ C0229 is @defaultonly
        }
    }
    table u {
        key = { x : exact; }
        actions = { @tableonly a; NoAction; }
        default_action = a(); //~ C0229 is @tableonly
    }
    apply {
        t.apply();
        u.apply();
    }
}
