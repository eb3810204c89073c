// Priorities: none in `const entries`, the first entry has one if any does, and none is negative.
#include <core.p4>

control C(in bit<8> x) {
    table unchangeable {
        key = { x : ternary; }
        actions = { NoAction; }
        const entries = {
            1 : NoAction();
            priority = 3 : 2 : NoAction(); //~ C0239 'const entries'
        }
    }
    table first {
        key = { x : ternary; }
        actions = { NoAction; }
        entries = {
            1 : NoAction(); //~ C0239 the first entry has no priority
            priority = 3 : 2 : NoAction();
        }
    }
    table negative {
        key = { x : ternary; }
        actions = { NoAction; }
        entries = {
            priority = 4 : 1 : NoAction();
            priority = -3 : 2 : NoAction(); //~ C0239 a priority of -3
            priority = (1 << 40) : 3 : NoAction(); //~ C0239
        }
    }
    table at_run_time {
        key = { x : ternary; }
        actions = { NoAction; }
        entries = {
            priority = x : 1 : NoAction(); //~ C0220
        }
    }
    apply {
        unchangeable.apply();
        first.apply();
        negative.apply();
        at_run_time.apply();
    }
}
