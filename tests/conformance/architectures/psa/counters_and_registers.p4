// Indexed and direct counters, a register with an initial value, a meter that nobody has configured.
#include "psa_begin.p4"

control In(inout headers_t h, inout meta_t m, in psa_ingress_input_metadata_t istd,
           inout psa_ingress_output_metadata_t ostd) {
    Counter<bit<32>, bit<4>>(16, PSA_CounterType_t.PACKETS_AND_BYTES) seen;
    DirectCounter<bit<32>>(PSA_CounterType_t.PACKETS) hits;
    Register<bit<16>, bit<4>>(16, 0x0100) cells;
    Meter<bit<4>>(16, PSA_MeterType_t.BYTES) rate;
    action known(PortId_t port) {
        hits.count();
        send_to_port(ostd, port);
    }
    action unknown() { send_to_port(ostd, (PortId_t) 1); }
    table t {
        key = { h.tag.a : exact; }
        actions = { known; unknown; }
        default_action = unknown;
        psa_direct_counter = hits;
    }
    apply {
        bit<4> index = h.tag.a[3:0];
        t.apply();
        seen.count(index);
        h.tag.c = cells.read(index);
        cells.write(index, h.tag.c + 1);
        PSA_MeterColor_t colour = rate.execute(index, PSA_MeterColor_t.YELLOW);
        h.tag.b = colour == PSA_MeterColor_t.YELLOW ? 8w1 : 2;
        if (rate.execute(index) == PSA_MeterColor_t.GREEN) { h.tag.b = h.tag.b | 0x80; }
    }
}
#include "psa_end.p4"
