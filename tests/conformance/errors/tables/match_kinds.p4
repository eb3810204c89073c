// A key has a kind of match that exists and fits its type.
#include <core.p4>

control C(in bit<8> x, in bool y) {
    action a() { }
    table t {
        key = {
            x : fuzzy; //~ C0233 there is no match kind 'fuzzy'
            x : x; //~ C0233
            x : exct; //~ C0233
            y : lpm; //~ C0207
        }
        actions = { a; }
    }
    apply { t.apply(); }
}
