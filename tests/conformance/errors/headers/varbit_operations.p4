// Nothing can be computed with a varbit field: it is assigned and compared with its like.
#include <core.p4>
header v_t { varbit<32> v; }
header w_t { varbit<40> v; }
struct s_t { v_t v; v_t w; w_t longer; }
control C(inout s_t s) {
    apply {
        s.v.v = 5; //~ C0207
        s.v.v = s.v.v + s.w.v; //~ C0211
        s.v.v = ~s.v.v; //~ C0211
        s.v.v[3:0] = 1; //~ C0211
        if (s.v.v < s.w.v) { } //~ C0211
        if (s.v.v == s.longer.v) { } //~ C0210
        s.v.v = (varbit<32>) 3; //~ C0214
        bit<32> b = (bit<32>) s.v.v; //~ C0214
        s.v.v = s.longer.v; //~ C0207
        s.v.v = s.w.v;
        if (s.v.v == s.w.v) { }
    }
}
