// Loops: break and continue outside, over what has no elements, over values of another type.
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        break; //~ C0223
        if (hdr.h.a == 1) { continue; } //~ C0223
        for (bit<8> i in hdr.h.a) { } //~ C0207
        for (bit<8> i in 16w1 .. 16w2) { } //~ C0207 //~ C0207
        for (bit<8> i = 0; i; i += 1) { } //~ C0207
        for (bit<8> i in { 1, true }) { } //~ C0207
        for (bit<8> i in 1 .. 3) { break; }
    }
}
#include "v1_end.p4"
