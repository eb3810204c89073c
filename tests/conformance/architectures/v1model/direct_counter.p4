// Direct counters of v1model count what hits; one entry, one cell.
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    direct_counter(CounterType.packets_and_bytes) seen;
    direct_meter<bit<8>>(MeterType.packets) rate;
    action mark(bit<8> v) {
        hdr.h.b = v;
        seen.count();
        rate.read(meta.x);
    }
    table t {
        key = { hdr.h.a : exact; }
        actions = { mark; NoAction; }
        const default_action = NoAction;
        counters = seen;
        meters = rate;
    }
    apply {
        t.apply();
        hdr.h.c = (bit<16>)meta.x;
    }
}
#include "v1_end.p4"
