// Tables are applied in the apply block of a control, not in actions, functions, keys of themselves or parsers.
#include <core.p4>

control C(in bit<8> x) {
    table t {
        key = { x : exact; }
        actions = { NoAction; }
    }
    action a() {
        t.apply(); //~ C0223 a table is applied in an action
    }
    action b() {
        if (t.apply().hit) { return; } //~ C0223
    }
    apply {
        a();
        b();
        t(); //~ C0222 table t can't be called
        t.apply(x); //~ C0217
    }
}
