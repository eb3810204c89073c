// A whole struct is no field.
#include <core.p4>
struct Info { bit<9> port; }
control Pipe<H>(inout H h,
    @cora_field("egress_port") inout Info info);  //~ C0323 @cora_field on a struct or header as a whole
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
