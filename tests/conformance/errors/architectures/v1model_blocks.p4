// Blocks that don't fit the architecture.
#include <core.p4>
#include <v1model.p4>

struct headers_t { }
struct meta_t { bit<8> x; }

parser P(packet_in pkt, out headers_t h, inout meta_t m, inout standard_metadata_t s) {
    state start { transition accept; }
}
control V(inout headers_t h, inout meta_t m) { apply { } }
control I(inout headers_t h, in meta_t m, inout standard_metadata_t s) { apply { } }
control E(inout headers_t h, inout meta_t m) { apply { } }
control C(inout headers_t h, inout meta_t m) { apply { } }
control D(packet_out pkt, in headers_t h) { apply { } }

V1Switch(
    P(),
    V(),
    I(), //~ C0240 'm' is in, not inout
    E(), //~ C0240 it has 2 parameters, and 3 are needed
    C(),
    D()) main;
