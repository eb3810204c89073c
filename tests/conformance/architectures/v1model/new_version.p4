// From version 20200408 on, objects have a type parameter for their index: given, or found from the arguments.
#define V1MODEL_VERSION 20200408
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    counter<bit<8>>(8, CounterType.bytes) seen;
    register<bit<16>, bit<4>>(4) cells;
    meter<bit<8>>(4, MeterType.bytes) rate;
    apply {
        seen.count(hdr.h.a);
        cells.read(hdr.h.c, 4w1);
        cells.write(4w1, hdr.h.c + 1);
        rate.execute_meter(hdr.h.a, meta.x);
        hdr.h.b = meta.x;
        if (__v1model_version < 20200408) { hdr.h.d = 0xFFFFFFFF; }
    }
}
#include "v1_end.p4"
