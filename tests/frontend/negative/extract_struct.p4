#include <core.p4>
header h_t { bit<8> x; }
struct headers_t { h_t h; }
parser P(packet_in p, out headers_t hdr) {
    state start {
        p.extract(hdr);
        p.extract(hdr.h, 5, 6);
        transition accept;
    }
}
