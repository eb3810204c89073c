// The keys of an entry: as many as the table has, of its types, known at compile time.
#include <core.p4>

enum bit<8> E { one = 1 }

control C(in bit<8> x, in bool y, in bit<4> z) {
    action a() { }
    table one_key {
        key = { x : exact; }
        actions = { a; }
        const entries = {
            16w3 : a; //~ C0207
            true : a; //~ C0207
            x : a; //~ C0220
            (1, 2) : a; //~ C0230 1 key is matched
            E.one : a;
        }
    }
    table two_keys {
        key = { x : exact; y : ternary; }
        actions = { a; }
        const entries = {
            1 : a; //~ C0230 2 keys are matched
            (1, true, 3) : a; //~ C0230
            (true, 1) : a; //~ C0207 //~ C0207
            (1, true) : a;
            (2, _) : a;
        }
    }
    apply {
        one_key.apply();
        two_keys.apply();
    }
}
