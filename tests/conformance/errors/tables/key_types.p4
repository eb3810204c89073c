// Keys are values that can be matched, of a known width.
#include <core.p4>

header H {
    bit<8> a;
    varbit<16> rest;
}
struct S { bit<8> a; }

control C(in H h, in S s, in bit<8> x) {
    tuple<bit<8>> pair = { x };
    action a() { }
    table other {
        actions = { a; }
    }
    table t {
        key = {
            h : exact; //~ C0207 H can't be a key
            s : exact; //~ C0207
            pair : exact; //~ C0207
            h.rest : exact; //~ C0207
            3 : exact; //~ C0213
            "text" : exact; //~ C0207
            other : exact; //~ C0207
            h.b : exact; //~ C0203 H has no field 'b'
            unknown : exact; //~ C0201
            h.isValid() : exact;
            x & 3 : exact;
            x[3:0] : exact;
        }
        actions = { a; }
    }
    apply { t.apply(); }
}
