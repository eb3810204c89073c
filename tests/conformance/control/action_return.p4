// 'return' ends the action only; out parameters keep what they have.
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    action a(out bit<8> o, bit<8> v) {
        o = v;
        if (v > 5) { return; }
        o = o + 0x10;
    }
    apply {
        a(hdr.h.b, hdr.h.a);
        hdr.h.c = 1;
    }
}
#include "v1_end.p4"
