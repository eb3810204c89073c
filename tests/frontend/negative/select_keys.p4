#include <core.p4>
header h_t {
    bit<8> kind;
    bit<16> length;
}
struct headers_t { h_t h; }
struct meta_t { bit<16> x; bool seen; }
parser P(packet_in p, out headers_t hdr) {
    state start {
        p.extract(hdr.h);
        transition select(hdr.h.kind, hdr.h.length) {
            (1, 2, 3): accept;
            (5 .. 2, _): accept;
            1: done;
            (true, 1): reject;
            default: strat;
        }
    }
}
