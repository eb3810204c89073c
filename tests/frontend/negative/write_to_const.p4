#include <core.p4>
const bit<8> LIMIT = 3;
control C(inout bit<8> x) {
    apply {
        LIMIT = x;
        (x + 1)[3:0] = 2;
    }
}
