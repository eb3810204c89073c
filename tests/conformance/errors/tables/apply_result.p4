// What apply() gives: hit, miss and action_run, of which the last is for 'switch' only.
#include <core.p4>

control C(in bit<8> x) {
    table t {
        key = { x : exact; }
        actions = { NoAction; }
    }
    apply {
        bool b;
        bit<8> n;
        b = t.apply().found; //~ C0203
        n = t.apply().hit; //~ C0207
        n = t.apply().action_run; //~ C0207
        b = t.apply().action_run == NoAction; //~ C0210
        if (t.apply()) { n = 1; } //~ C0207
        t.apply().hit = true; //~ C0215
        n = t; //~ C0207
        b = t.hit; //~ C0203
    }
}
