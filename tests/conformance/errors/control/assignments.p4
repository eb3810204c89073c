// What can't be written.
enum E { one, two }
struct S { bit<8> a; }
const bit<8> k = 1;
bit<8> f() { return 1; }

control C(in bit<8> i, in S s, inout bit<8> x)(bit<8> p) {
    const bit<8> local = 2;
    tuple<bit<8>, bit<8>> pair = { 1, 2 };
    action a(bit<8> data) {
        data = 3; //~ C0216
    }
    apply {
        i = 1; //~ C0216 it is an 'in' parameter
        s.a = 1; //~ C0216
        i[3:0] = 1; //~ C0216
        k = 1; //~ C0215
        local = 1; //~ C0215
        p = 1; //~ C0215 'p' is a constructor parameter
        f() = 1; //~ C0215
        E.one = E.two; //~ C0215
        pair[0] = 1; //~ C0215
        (x)[3:0] = 1;
        x[3:0][1:0] = 1;
        a = x; //~ C0215
        a(1);
    }
}
