// Lists and structures for headers and stacks, with too much, too little and twice; assignments between the two.
#include <core.p4>
header h_t { bit<8> v; }
struct s_t { h_t h; h_t[2] st; }
control C(inout s_t s) {
    apply {
        s.st[0].setvalid(); //~ C0203
        s.st.next = s.h; //~ C0223
        s.h = s.st; //~ C0207
        s.st = s.h; //~ C0207
        s = { s.h, { s.h } }; //~ C0209
        s.st[0] = { v = 1, w = 2 }; //~ C0203
        s.st[0] = { v = 1, v = 2 }; //~ C0218
        s.st[0] = { }; //~ C0209
        s.h = { 1, ... };
        s.h = { ..., 1 }; //~ C0209
    }
}
