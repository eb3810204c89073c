// Keys of other types than what is tested, ranges the wrong way round, numbers that don't fit, too many parts.
#include <core.p4>
header h_t { bit<8> v; int<8> i; }
enum E { A, B }
enum bit<8> S { A = 1 }
parser P(packet_in p, out h_t h, in E e, in S s) {
    state start {
        p.extract(h);
        transition select(h.v) {
            16w3: accept; //~ C0207
            300: accept; //~ warning C0208
            true: accept; //~ C0207
            E.A: accept; //~ C0207
            (1, 2): accept; //~ C0230
            8s1: accept; //~ C0207
            0..300: accept; //~ warning C0208
            5..2: accept; //~ C0231
            1 &&& 0x1FF: accept; //~ warning C0208
            S.A: accept;
            error.NoError: accept; //~ C0207
            "one": accept; //~ C0207
        }
    }
    state signed {
        transition select(h.i, e) {
            (-1, E.A): accept;
            (-200, E.B): accept; //~ warning C0208
            (8w3, E.C): accept; //~ C0203 //~ C0207
            (_, S.A): accept; //~ C0207
            (5..-5, _): accept; //~ C0231
        }
    }
    state enums {
        transition select(s) {
            S.A: accept;
            1: accept; //~ C0207
        }
    }
}
