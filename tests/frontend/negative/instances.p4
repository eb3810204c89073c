#include <core.p4>
header h_t {
    bit<8> kind;
    bit<16> length;
}
struct headers_t { h_t h; }
struct meta_t { bit<16> x; bool seen; }
extern E { E(bit<8> n); void go(); }
extern N { void go(); }
control C(inout meta_t m) {
    E() e;
    N() n;
    meta_t() x;
    E y;
    apply { e.gone(); y.go(); }
}
