// isValid, setValid and setInvalid: methods without arguments, of headers, on what can be written.
#include <core.p4>
header h_t { bit<8> v; }
struct s_t { h_t h; }
control C(inout h_t h, in h_t g, inout s_t s) {
    apply {
        if (h.isValid) { } //~ C0203
        if (h.valid()) { } //~ C0203
        h.isValid() = true; //~ C0215
        bit<1> b = h.isValid(); //~ C0207
        g.setInvalid(); //~ C0216
        h.v.setValid(); //~ C0203
        s.setValid(); //~ C0203
        h.setValid(true); //~ C0217
        bool c = h.setValid(); //~ C0207
        h.isvalid(); //~ C0203
    }
}
