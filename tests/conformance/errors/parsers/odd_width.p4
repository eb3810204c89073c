// A header that is extracted must fill whole bytes.
#include <core.p4>
#include <v1model.p4>
header odd_t { bit<13> v; }
struct headers_t { odd_t o; }
struct meta_t { }
parser P(packet_in p, out headers_t h, inout meta_t m, inout standard_metadata_t s) {
    state start { p.extract(h.o); transition accept; } //~ C0302
}
control V(inout headers_t h, inout meta_t m) { apply { } }
control I(inout headers_t h, inout meta_t m, inout standard_metadata_t s) { apply { } }
control D(packet_out p, in headers_t h) { apply { } }
V1Switch(P(), V(), I(), I(), V(), D()) main;
