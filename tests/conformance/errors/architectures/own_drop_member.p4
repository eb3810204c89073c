// No member of the enum.
#include <core.p4>
enum Verdict { PASS, DROP }
struct Info {
    @cora_drop(DROPPED) Verdict verdict;  //~ C0323 'DROPPED' isn't a value of Verdict
}
control Pipe<H>(inout H h, inout Info info);
parser Parser<H>(packet_in b, out H h);
control Deparser<H>(in H h, packet_out b);
package Switch<H>(
    @cora_role("parser") Parser<H> p, @cora_role("control") Pipe<H> c, @cora_role("deparser") Deparser<H> d);

header eth_t { bit<48> dst; bit<48> src; bit<16> type; }
struct headers { eth_t eth; }
parser P(packet_in b, out headers h) { state start { b.extract(h.eth); transition accept; } }
control D(in headers h, packet_out b) { apply { b.emit(h); } }
control C(inout headers h, inout Info info) { apply {} }
Switch(P(), C(), D()) main;
