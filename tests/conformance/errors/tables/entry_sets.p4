// Which sets of values an entry may give, for each kind of match.
#include <core.p4>
#include <v1model.p4>

control C(in bit<8> x) {
    action a() { }
    table exactly {
        key = { x : exact; }
        actions = { a; }
        const entries = {
            1 &&& 3 : a; //~ C0236
            1 .. 3 : a; //~ C0236
        }
    }
    table prefixes {
        key = { x : lpm; }
        actions = { a; }
        const entries = {
            0x10 &&& 0xF0 : a;
            1 .. 3 : a; //~ C0236
        }
    }
    table ranges {
        key = { x : range; }
        actions = { a; }
        const entries = {
            3 .. 1 : a; //~ C0231
            1 .. 3 : a;
            1 &&& 3 : a; //~ C0236
        }
    }
    apply {
        exactly.apply();
        prefixes.apply();
        ranges.apply();
    }
}
