// `keys` is a property that P4 doesn't have: it needs a value.
#include <core.p4>

control C(in bit<8> x) {
    action a() { }
    table t {
        keys = { x : exact; } //~ C0107
        actions = { a; }
    }
    apply { t.apply(); }
}
