// States and locals of a parser are in one namespace, 'accept' and 'reject' are P4's own.
#include <core.p4>

parser P(packet_in b) {
    bit<4> t;
    state start {
        t = 1;
        transition t;
    }
    state t { transition accept; } //~ C0202 't' is declared twice
    state accept { transition reject; } //~ C0202
    state start { transition accept; } //~ C0202
}
