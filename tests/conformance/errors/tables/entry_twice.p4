// Where all keys are exact, two entries can't have the same value.
#include <core.p4>

control C(in bit<8> x, in bool y) {
    action a(bit<8> v) { }
    table t {
        key = { x : exact; y : exact; }
        actions = { a; }
        const entries = {
            (1, true) : a(1);
            (1, false) : a(2);
            (0x1, true) : a(3); //~ C0244
        }
    }
    table overlapping {
        key = { x : ternary; }
        actions = { a; }
        const entries = {
            1 : a(1);
            1 : a(2);
        }
    }
    apply {
        t.apply();
        overlapping.apply();
    }
}
