// Headers as values: of one type, with all fields, without arithmetic.
#include <core.p4>
header h_t { bit<8> v; }
header g_t { bit<8> v; }
control C(inout h_t h, inout g_t g, inout h_t[2] s) {
    apply {
        h = g; //~ C0207
        if (h == g) { } //~ C0210
        if (h < h) { } //~ C0211
        h = h + h; //~ C0211
        h = { 1, 2 }; //~ C0209
        h = { w = 1 }; //~ C0203
        h = { v = true }; //~ C0207
        h = 5; //~ C0207
        s = { { 1 } }; //~ C0209
        s = s[0]; //~ C0207
        h = (h_t) 5; //~ C0214
        h = {#};
        bit<8> x = {#}; //~ C0207
        h.w = 1; //~ C0203
        g = (g_t) h; //~ C0214
    }
}
