// digest() tells the control plane; log_msg, assert and assume change nothing.
#define MORE_META bit<8> unused;
struct told_t { bit<8> what; bit<16> more; }
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        log_msg("a packet");
        log_msg("a = {}, b = {}", { hdr.h.a, hdr.h.b });
        assert(hdr.h.isValid());
        assume(hdr.h.a < 10);
        if (hdr.h.a == 1) { digest<told_t>(1, { hdr.h.b, hdr.h.c }); }
        if (hdr.h.a == 2) { digest(32w2, { hdr.h.d }); mark_to_drop(std); }
    }
}
#include "v1_end.p4"
