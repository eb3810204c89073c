// Controls hold controls, parsers hold parsers; what only parsers know stays there.
#include <core.p4>
header h_t { bit<8> a; }
parser Inner(packet_in p, out h_t h) { state start { p.extract(h); transition accept; } }
control Part(inout h_t h) { apply { h.a = 1; } }
parser Outer(packet_in p, out h_t h, out h_t[2] s) {
    Part() part;
    state start { return; }
    state other { p.extract(h); transition select(h) { _: accept; } }
}
control Whole(inout h_t h, inout h_t[2] s) {
    Inner() inner;
    apply { h.a = (bit<8>)s.lastIndex; }
}
