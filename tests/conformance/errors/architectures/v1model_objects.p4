// Objects of v1model used in ways that they don't have.
#include <core.p4>
#include <v1model.p4>

struct headers_t { }
struct meta_t { bit<8> x; }

parser P(packet_in pkt, out headers_t h, inout meta_t m, inout standard_metadata_t s) {
    state start { transition accept; }
}
control V(inout headers_t h, inout meta_t m) { apply { } }
control I(inout headers_t h, inout meta_t m, inout standard_metadata_t s) {
    counter(4, CounterType.packets) seen;
    register<bit<8>>(4) cells;
    direct_counter(CounterType.bytes) direct;
    action a() { }
    table t {
        key = { m.x : exact; }
        actions = { a; }
        counters = seen; //~ C0207 'counters' needs a direct_counter
    }
    apply {
        seen.add(1); //~ C0203
        cells.write(0); //~ C0217
        hash(m.x, HashAlgorithm.crc64, 8w0, { m.x }, 8w255); //~ C0203
        s.nothing = 1; //~ C0203
    }
}
control E(inout headers_t h, inout meta_t m, inout standard_metadata_t s) { apply { } }
control C(inout headers_t h, inout meta_t m) { apply { } }
control D(packet_out pkt, in headers_t h) { apply { } }

V1Switch(P(), V(), I(), E(), C(), D()) main;
