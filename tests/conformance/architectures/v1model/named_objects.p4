// @name gives tables, actions, keys, registers and counters the names by which the control plane knows them.
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    @name("hits") counter(4, CounterType.packets) c1;
    @name(".top.cells") register<bit<8>>(4) r1;
    @name("set_b") action a1(@name("value") bit<8> v) { hdr.h.b = v; c1.count(1); }
    @name("forward") table t1 {
        key = { hdr.h.a : exact @name("first"); hdr.h.c & 0xFF : ternary @name("low"); }
        actions = { a1; NoAction; }
        default_action = NoAction;
    }
    apply {
        t1.apply();
        bit<8> was;
        r1.read(was, 0);
        r1.write(0, was + 1);
    }
}
#include "v1_end.p4"
