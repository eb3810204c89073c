// Actions call actions and functions; parameters without a direction are then like 'in', also with values of run time.
#include "v1_begin.p4"

bit<8> double(in bit<8> x) { return x << 1; }
action global(inout bit<8> x, bit<8> by) { x = double(x) + by; }

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    action inner(bit<8> v) { hdr.h.b = hdr.h.b + v; }
    action outer(bit<8> v) {
        inner(v);
        inner(v + 1);
        global(hdr.h.b, hdr.h.a);
    }
    table t {
        key = { hdr.h.a : exact; }
        actions = { outer; inner; NoAction; }
        const entries = {
            1 : outer(3);
            2 : inner(4);
        }
    }
    apply {
        t.apply();
        if (hdr.h.a == 3) {
            bit<8> local = hdr.h.a + 4;
            outer(local);
            .global(by = 1, x = hdr.h.b);
        }
    }
}
#include "v1_end.p4"
