// States belong to parsers.
#include <core.p4>
header h_t { bit<8> v; }
control C(inout h_t h) {
    state start { transition accept; } //~ C0107
    apply { }
}
