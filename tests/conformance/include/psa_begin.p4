// What the PSA programs of the suite begin with. Each writes its control `In` (ingress) and what else it defines an OWN_ for;
// psa_end.p4 has the other blocks.
#include <core.p4>
#include <psa.p4>

header eth_t {
    bit<48> dst;
    bit<48> src;
    bit<16> type;
}

header tag_t {
    bit<8> a;
    bit<8> b;
    bit<16> c;
}

struct headers_t {
    eth_t eth;
    tag_t tag;
}

struct meta_t {
    bit<8> x;
    bit<8> came;
}

// What copies and packets on their way to egress bring along.
struct note_t {
    bit<8> mark;
}
