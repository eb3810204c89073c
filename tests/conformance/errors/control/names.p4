// Names, fields and methods that don't exist, with what may be meant.
#include <core.p4>

struct S { bit<8> first; bit<8> second; }
header H { bit<8> a; }
enum E { one, two }

control C(inout S s, inout H h) {
    bit<8> counter = 1;
    action advance() { }
    apply {
        countr = 2; //~ C0201
        s.frist = 1; //~ C0203
        h.isValid = true; //~ C0203
        h.setvalid(); //~ C0203
        s.setValid(); //~ C0203
        advnace(); //~ C0201
        E e = E.three; //~ C0203
        error r = error.NoSuch; //~ C0203
        Sx t; //~ C0201
        counter.x = 1; //~ C0203
        counter[0] = 1; //~ C0211
        s[0] = 1; //~ C0211
        counter = S; //~ C0225
        counter = bit<8>; //~ C0225
        counter = C; //~ C0201
    }
}
