// A direct meter that nobody has configured is green (0).
#define MORE_META bit<2> level;
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    direct_meter<bit<2>>(MeterType.bytes) rate;
    action measured() { rate.read(meta.level); }
    action missed() { meta.level = 3; }
    table t {
        key = { hdr.h.a : exact; }
        actions = { measured; missed; }
        default_action = missed;
        meters = rate;
        size = 4;
    }
    apply {
        t.apply();
        hdr.h.b = (bit<8>) meta.level;
    }
}
#include "v1_end.p4"
