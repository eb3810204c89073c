// Objects as before version 20200408: the index is bit<32>, whatever its width, and there are no type parameters for it.
#define V1MODEL_VERSION 20180101
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    counter(8, CounterType.packets) seen;
    register<bit<16>>(4) cells;
    meter(4, MeterType.packets) rate;
    apply {
        seen.count((bit<32>) hdr.h.a);
        cells.read(hdr.h.c, 32w1);
        cells.write(32w1, hdr.h.c + 1);
        rate.execute_meter(32w0, meta.x);
        hdr.h.b = meta.x;
    }
}
#include "v1_end.p4"
