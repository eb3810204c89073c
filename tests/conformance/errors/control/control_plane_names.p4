// Two tables of a control can't have one name for the control plane.
#include <core.p4>

control C(in bit<8> x) {
    @name("same") table t { actions = { NoAction; } }
    @name("same") table u { actions = { NoAction; } } //~ C0202 two tables have the name 'same'
    table v { actions = { NoAction; } }
    @name("v") table w { actions = { NoAction; } } //~ C0202
    apply {
        t.apply();
        u.apply();
        v.apply();
        w.apply();
    }
}
