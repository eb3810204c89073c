// verify takes a condition and an error, in a parser.
#include <core.p4>
header h_t { bit<8> v; }
error { Mine }
parser P(packet_in p, out h_t h) {
    state start {
        verify(h.v, error.NoMatch); //~ C0207
        verify(h.v == 1, 5); //~ C0207
        verify(h.v == 1); //~ C0217
        verify(true, error.Missing); //~ C0203
        verify(true, NoMatch); //~ C0201
        verify(true, error.mine); //~ C0203
        bool b = verify(true, error.Mine); //~ C0207
        transition accept;
    }
}
control C(inout h_t h) {
    action a() { verify(true, error.Mine); } //~ C0223
    apply { verify(h.v == 1, error.NoMatch); } //~ C0223
}
