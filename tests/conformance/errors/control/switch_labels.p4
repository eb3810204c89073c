// Labels of a switch: known at compile time, of the type of what is tested, each once, 'default' last.
#include <core.p4>

const bit<8> two = 2;

control C(in bit<8> x, in bit<8> y) {
    action a() { }
    action b() { }
    table t {
        key = { x : exact; }
        actions = { a; NoAction; }
    }
    apply {
        switch (x) {
            1: { }
            two: { }
            2: { } //~ C0228 this label stands in the switch twice
            y: { } //~ C0220 a label must be known at compile time
            16w3: { } //~ C0207
            true: { } //~ C0207
            default: { }
            4: { } //~ C0228 behind 'default'
        }
        switch (t.apply().action_run) {
            a: { }
            a: { } //~ C0228
            b: { } //~ C0229 't' has no such action
            unknown: { } //~ C0229
            1: { } //~ C0229
            default: { }
            default: { } //~ C0228
        }
    }
}
