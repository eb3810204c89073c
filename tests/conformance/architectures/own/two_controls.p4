// Several controls, with metadata that goes from one to the next; dropped by a verdict; no port: packets go back.
#include <core.p4>

enum Verdict { PASS, DROP, ABORT }
struct Info { @cora_drop(DROP, ABORT) Verdict verdict; bool marked; }

extern Counter<I> { Counter(I size); void count(in I index); }

parser Reads<H, M>(packet_in bytes, out H headers, inout M meta, inout Info info);
control Judges<H, M>(inout H headers, inout M meta, inout Info info);
control Writes<H>(packet_out bytes, in H headers);
package Box<H, M>(@cora_role("parser") Reads<H, M> reads, @cora_role("control") Judges<H, M> first,
    @cora_role("control") Judges<H, M> second, @cora_role("deparser") Writes<H> writes);

header eth_t { bit<48> dst; bit<48> src; bit<16> type; }
struct headers { eth_t eth; }
struct meta_t { bit<16> type; }

parser R(packet_in bytes, out headers h, inout meta_t m, inout Info info) {
    state start { bytes.extract(h.eth); m.type = h.eth.type; transition select(h.eth.type) { 9: reject; default: accept; } }
}

control First(inout headers h, inout meta_t m, inout Info info) {
    apply {
        info.marked = m.type == 1;
        if (m.type == 2) { info.verdict = Verdict.DROP; }
        if (m.type == 3) { info.verdict = Verdict.ABORT; exit; }
        m.type = m.type + 0x100;
    }
}

control Second(inout headers h, inout meta_t m, inout Info info) {
    Counter<bit<32>>(4) runs;
    apply {
        runs.count(1);
        if (m.type == 0x102) { info.verdict = Verdict.PASS; }
        if (info.marked) { h.eth.type = m.type; }
    }
}

control W(packet_out bytes, in headers h) { apply { bytes.emit(h); } }

Box(R(), First(), Second(), W()) main;
