// A key needs a kind of match.
#include <core.p4>

control C(in bit<8> x) {
    action a() { }
    table t {
        key = { x; } //~ C0107 expected ':' between a key and its match kind
        actions = { a; }
    }
    apply { t.apply(); }
}
