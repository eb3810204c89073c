// All names of the top level are in one scope.
const bit<8> k = 1;
const bit<8> k = 2; //~ C0202
struct S { bit<8> a; }
header S { bit<8> b; } //~ C0202
enum k { one } //~ C0202
control C(in bit<8> x, in bit<8> x) { apply { } } //~ C0202
control C() { apply { } } //~ C0202
typedef bit<8> t;
typedef bit<9> t; //~ C0202
