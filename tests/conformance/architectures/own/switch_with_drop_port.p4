// An architecture in the program's own file: what goes in and out of the blocks are structs and single parameters.
#include <core.p4>

typedef bit<4> Port;
const Port NOWHERE = 0xF;

struct In { @cora_field("ingress_port") Port port; @cora_field("packet_length") bit<16> length; }
struct Out { @cora_field("egress_port") @cora_drop(NOWHERE) Port port; }

extern Register<T, I> { Register(bit<32> size); T read(in I index); void write(in I index, in T value); }

parser Parser<H>(packet_in bytes, out H headers);
control Pipe<H>(inout H headers, @cora_field("parser_error") in error wrong, in In got, out Out gives);
control Deparser<H>(inout H headers, packet_out bytes);
package Switch<H>(@cora_role("parser") Parser<H> p, @cora_role("control") Pipe<H> c, @cora_role("deparser") Deparser<H> d);

header eth_t { bit<48> dst; bit<48> src; bit<16> type; }
header tail_t { bit<8> a; bit<8> b; }
struct headers { eth_t eth; tail_t tail; }

parser P(packet_in bytes, out headers h) {
    state start {
        bytes.extract(h.eth);
        transition select(h.eth.type) { 1: tail; 2: reject; default: accept; }
    }
    state tail { bytes.extract(h.tail); transition accept; }
}

control C(inout headers h, in error wrong, in In got, out Out gives) {
    Register<bit<8>, bit<32>>(16) seen;
    apply {
        bit<8> n = seen.read((bit<32>) got.port);
        seen.write((bit<32>) got.port, n + 1);
        gives.port = got.port + 1;
        if (wrong == error.PacketTooShort) { h.eth.src = 48w0xEE; gives.port = 9; }
        if (h.tail.isValid()) { h.tail.a = n; h.tail.b = (bit<8>) got.length; }
        if (h.eth.type == 3) { gives.port = NOWHERE; }
    }
}

control D(inout headers h, packet_out bytes) {
    apply { bytes.emit(h.eth); bytes.emit(h.tail); }
}

Switch(P(), C(), D()) main;
