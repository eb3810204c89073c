// The types of the properties that P4 itself has.
#include <core.p4>

control C(in bit<8> x) {
    table a {
        key = { x : ternary; }
        actions = { NoAction; }
        largest_priority_wins = 1; //~ C0207
    }
    table b {
        key = { x : ternary; }
        actions = { NoAction; }
        priority_delta = 0; //~ C0205 'priority_delta' is 0
    }
    table c {
        key = { x : ternary; }
        actions = { NoAction; }
        priority_delta = true; //~ C0220
    }
    table d {
        key = { x : ternary; }
        actions = { NoAction; }
        size = x; //~ C0220
    }
    table f {
        key = { x : ternary; }
        actions = { NoAction; }
        size = -1; //~ C0205
    }
    apply {
        a.apply();
        b.apply();
        c.apply();
        d.apply();
        f.apply();
    }
}
