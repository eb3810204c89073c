// What a control declares belongs to it alone.
#include <core.p4>

control D() {
    action a() { }
    table t {
        actions = { NoAction; }
    }
    apply { t.apply(); }
}

control C() {
    D() d;
    table u {
        actions = {
            a; //~ C0229
        }
    }
    apply {
        d.t.apply(); //~ C0203
        d.a(); //~ C0203
        t.apply(); //~ C0201
        u.apply();
        d.apply();
    }
}
