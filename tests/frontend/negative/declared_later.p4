#include <core.p4>
struct all_t { late_h h; }
header late_h { bit<8> x; }
control C(inout bit<8> x) {
    action first() { second(); }
    table t { actions = { first; third; } }
    action second() { x = LATE; }
    action third() { }
    apply { t.apply(); }
}
const bit<8> LATE = 1;
