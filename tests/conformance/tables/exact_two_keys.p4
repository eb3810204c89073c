// Several exact keys of different widths; an entry matches if all of them do.
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    action set(bit<8> v, bit<16> w) {
        hdr.h.b = v;
        hdr.h.d = 16w0 ++ w;
    }
    table t {
        key = {
            hdr.h.a : exact;
            hdr.h.c : exact @name("number");
            std.ingress_port : exact;
        }
        actions = { set; NoAction; }
    }
    apply { t.apply(); }
}
#include "v1_end.p4"
