// A number that doesn't fit into its key loses bits: a warning, as for every conversion.
#include <core.p4>
#include <v1model.p4>

struct H { }
struct M { bit<8> x; }
parser P(packet_in b, out H h, inout M m, inout standard_metadata_t s) { state start { transition accept; } }
control V(inout H h, inout M m) { apply { } }
control I(inout H h, inout M m, inout standard_metadata_t s) {
    table t {
        key = { m.x : exact; }
        actions = { NoAction; }
        const entries = {
            300 : NoAction(); //~ warning C0208 300 doesn't fit into bit<8>
        }
    }
    apply { t.apply(); }
}
control E(inout H h, inout M m, inout standard_metadata_t s) { apply { } }
control D(packet_out b, in H h) { apply { } }
V1Switch(P(), V(), I(), E(), V(), D()) main;
