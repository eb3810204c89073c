// Tuples: made of lists, read by constant index, compared, passed, nested.
#include "v1_begin.p4"

tuple<bit<8>, bit<16>> pair(in bit<8> x) { return { x + 1, 8w0 ++ x }; }

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        tuple<bit<8>, bit<16>> t = { hdr.h.a, hdr.h.c };
        tuple<tuple<bit<8>, bit<16>>, bool> nested = { t, hdr.h.b == 1 };
        if (t == { 8w1, 16w2 }) { hdr.h.d = 1; }
        if (pair(hdr.h.a) == nested[0]) { hdr.h.d = 2; }
        if (nested[1]) { hdr.h.b = nested[0][0]; }
        hdr.h.c = pair(hdr.h.a)[1];
    }
}
#include "v1_end.p4"
