// A table must say which actions it has; an empty list is one too.
#include <core.p4>

control C(in bit<8> x) {
    table none { //~ C0232
        key = { x : exact; }
    }
    table empty {
        key = { x : exact; }
        actions = { }
    }
    apply {
        none.apply();
        empty.apply();
    }
}
