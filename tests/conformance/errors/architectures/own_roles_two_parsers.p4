// Cora runs one pipeline.
#include <core.p4>
parser Parser<H>(packet_in b, out H h);
control Deparser<H>(in H h, packet_out b);
package Switch<H>(  //~ C0324 the package Switch has 2 parsers
    @cora_role("parser") Parser<H> p, @cora_role("parser") Parser<H> q, @cora_role("deparser") Deparser<H> d);

header eth_t { bit<48> dst; bit<48> src; bit<16> type; }
struct headers { eth_t eth; }
parser P(packet_in b, out headers h) { state start { b.extract(h.eth); transition accept; } }
control D(in headers h, packet_out b) { apply { b.emit(h); } }
Switch(P(), P(), D()) main;
