// Every pipeline needs a parser and a deparser.
#include <core.p4>
parser Parser<H>(packet_in b, out H h);
control Pipe<H>(inout H h);
package Switch<H>(@cora_role("parser") Parser<H> p, @cora_role("control") Pipe<H> c);  //~ C0324 has no deparser

header eth_t { bit<48> dst; bit<48> src; bit<16> type; }
struct headers { eth_t eth; }
parser P(packet_in b, out headers h) { state start { b.extract(h.eth); transition accept; } }
control D(in headers h, packet_out b) { apply { b.emit(h); } }
control C(inout headers h) { apply {} }
Switch(P(), C()) main;
