// Counters and registers on some ways only; what the control plane then reads.
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    counter(4, CounterType.packets_and_bytes) seen;
    register<bit<32>>(8) last;
    action count(bit<32> i) { seen.count(i); }
    table t {
        key = { hdr.h.a : exact; }
        actions = { count; NoAction; }
        const entries = { 1 : count(1); 2 : count(2); }
    }
    apply {
        if (t.apply().hit) {
            bit<32> before;
            last.read(before, (bit<32>) hdr.h.a);
            last.write((bit<32>) hdr.h.a, hdr.h.d);
            hdr.h.d = before;
        } else {
            seen.count(3);
        }
    }
}
#include "v1_end.p4"
