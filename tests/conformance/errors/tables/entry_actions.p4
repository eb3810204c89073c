// The action of an entry is one of the table's, with all its arguments, which are constants.
#include <core.p4>

control C(in bit<8> x) {
    action a(bit<8> v) { }
    action b() { }
    table t {
        key = { x : exact; }
        actions = { a; NoAction; }
        const entries = {
            1 : b(); //~ C0229
            2 : a(); //~ C0217 'v' is missing
            3 : a(1, 2); //~ C0217
            4 : a(true); //~ C0207
            5 : a(x); //~ C0220
            6 : a(9w1); //~ C0207
            7 : a(w = 1); //~ C0218
            8 : a(v = 1);
        }
    }
    apply { t.apply(); }
}
