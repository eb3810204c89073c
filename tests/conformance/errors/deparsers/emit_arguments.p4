// emit writes headers and what consists of headers.
#include <core.p4>
header h_t { bit<8> v; }
struct s_t { h_t h; bit<8> x; }
struct t_t { h_t h; h_t[2] s; }
control D(packet_out p, in s_t s, in t_t t) {
    apply {
        p.emit(s.x); //~ C0207
        p.emit(s.h.v); //~ C0207
        p.emit(s); //~ C0207
        p.emit(); //~ C0217
        p.emit(s.h, s.h); //~ C0217
        p.emit(5); //~ C0213
        p.emit({ s.h, s.x }); //~ C0207
        p.emit(p); //~ C0207
        p.emit<h_t>(t); //~ C0207
        p.emit(t);
        p.extract(s.h); //~ C0203
        p.emitt(s.h); //~ C0203
        s.h.setInvalid(); //~ C0216
    }
}
control E(in packet_out p) { apply { } } //~ C0245
