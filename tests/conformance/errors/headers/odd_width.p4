// A header that is emitted must fill whole bytes.
#include <core.p4>
#include <v1model.p4>
header even_t { bit<7> v; bit<1> w; }
header odd_t { bit<7> v; }
struct headers_t { even_t e; odd_t o; }
struct meta_t { }
parser P(packet_in p, out headers_t h, inout meta_t m, inout standard_metadata_t s) {
    state start { p.extract(h.e); transition accept; }
}
control V(inout headers_t h, inout meta_t m) { apply { } }
control I(inout headers_t h, inout meta_t m, inout standard_metadata_t s) { apply { } }
control D(packet_out p, in headers_t h) { apply { p.emit(h); } } //~ C0302
V1Switch(P(), V(), I(), I(), V(), D()) main;
