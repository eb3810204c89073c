// Both sides of an assignment have one type.
struct S { bit<8> a; }
struct T { bit<8> a; }
header H { bit<8> a; }
type bit<8> port_t;

control C(inout S s, inout T t, inout H h, inout bit<8> x, inout bit<9> y, inout int<8> z, inout bool b) {
    port_t port = (port_t) 1;
    apply {
        s = t; //~ C0207
        s = h; //~ C0207
        x = y; //~ C0207
        x = z; //~ C0207
        x = b; //~ C0207
        b = 1; //~ C0207
        port = x; //~ C0207
        port = 1; //~ C0207
        x = port; //~ C0207
        s = { 1, 2 }; //~ C0209
        s = { b = 1 }; //~ C0203
        s = 1; //~ C0207
        x = "text"; //~ C0207
        s = { 1 };
        h = { a = 1 };
    }
}
