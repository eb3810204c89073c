// A mask stands in ternary and lpm keys, a range in range keys.
#include <core.p4>
match_kind { range }
control C(inout bit<8> x) {
    action set(inout bit<8> y, bit<8> z) { y = z; }
    action wrong(bit<8> z, in bit<8> y) { }
    table t {
        key = { x : exact; }
        actions = { set(x); }
        const entries = { 1 &&& 3 : set(1); 1 .. 3 : set(2); }
    }
    table u {
        key = { x : range; }
        actions = { set(x); }
        const entries = { 1 .. 3 : set(1); 1 &&& 3 : set(2); }
    }
    apply { t.apply(); u.apply(); }
}
