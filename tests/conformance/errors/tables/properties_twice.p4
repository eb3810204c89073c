// No property stands in a table twice.
#include <core.p4>

control C(in bit<8> x) {
    table t {
        key = { x : exact; }
        actions = { NoAction; }
        size = 10;
        default_action = NoAction;
        key = { x : exact; } //~ C0110 the property 'key' twice
        actions = { NoAction; } //~ C0110
        size = 20; //~ C0110
        const default_action = NoAction; //~ C0110
    }
    apply { t.apply(); }
}
