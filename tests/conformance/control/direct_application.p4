// `C.apply()` without an instance, also twice, and in a control that is itself applied so.
#include "v1_begin.p4"

control Add(inout bit<8> x, in bit<8> by) {
    apply { x = x + by; }
}
control Both(inout headers_t hdr) {
    apply {
        Add.apply(hdr.h.a, 1);
        Add.apply(hdr.h.b, hdr.h.a);
    }
}
control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        Both.apply(hdr);
        .Both.apply(hdr);
    }
}
#include "v1_end.p4"
