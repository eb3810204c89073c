// What a switch can't test.
struct S { bit<8> a; }
header H { bit<8> a; }

control C(in S s, in H h) {
    action a() { }
    table t {
        actions = { a; }
    }
    apply {
        switch (s) { //~ C0211 'switch' can't test S
            default: { }
        }
        switch (h) { //~ C0211
            default: { }
        }
        switch (t.apply()) { //~ C0211
            a: { }
        }
        switch (5) { //~ C0213
            default: { }
        }
    }
}
