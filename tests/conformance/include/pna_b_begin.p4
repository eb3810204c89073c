// A PNA program of the generation with three blocks (0.7), around a control `Test` that is all of the main control.
#include <core.p4>
#include <pna.p4>

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
    bit<16> y;
}
