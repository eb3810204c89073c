// A loop in an action, which it leaves by 'return', and one around a table.
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    action count(bit<8> limit) {
        for (bit<8> i = 0; i < 6; i += 1) {
            if (i == limit) { return; }
            hdr.h.b = hdr.h.b + 1;
        }
        hdr.h.c = 9;
    }
    bit<8> key = 0;
    action add(bit<8> v) { hdr.h.d[7:0] = hdr.h.d[7:0] + v; }
    table t {
        key = { key : exact; }
        actions = { add; NoAction; }
        const entries = { 1 : add(1); 2 : add(2); 4 : add(4); }
    }
    apply {
        count(hdr.h.a);
        for (bit<8> i in 1 .. 4) {
            key = i;
            t.apply();
        }
    }
}
#include "v1_end.p4"
