// What the grammar doesn't let stand on the left.
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        5 = hdr.h.a; //~ C0107
        hdr.h.a + 1 = 2; //~ C0107
        hdr.h.a == 5; //~ C0107
        hdr.h.a; //~ C0107
    }
}
#include "v1_end.p4"
