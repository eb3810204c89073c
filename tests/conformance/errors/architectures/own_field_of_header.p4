// Headers are the packet.
#include <core.p4>
header info_t {
    @cora_field("egress_port") bit<16> port;  //~ C0323 @cora_field on a field of a header
}
control Pipe<H>(inout H h, inout info_t info);
parser Parser<H>(packet_in b, out H h);
control Deparser<H>(in H h, packet_out b);
package Switch<H>(
    @cora_role("parser") Parser<H> p, @cora_role("control") Pipe<H> c, @cora_role("deparser") Deparser<H> d);

header eth_t { bit<48> dst; bit<48> src; bit<16> type; }
struct headers { eth_t eth; }
parser P(packet_in b, out headers h) { state start { b.extract(h.eth); transition accept; } }
control D(in headers h, packet_out b) { apply { b.emit(h); } }
control C(inout headers h, inout info_t info) { apply {} }
Switch(P(), C(), D()) main;
