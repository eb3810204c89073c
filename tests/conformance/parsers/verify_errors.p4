// verify with P4's errors and the user's own: the first that fails counts, nothing behind it happens.
#define OWN_PARSER
#include "v1_begin.p4"

error { TooBig, Odd }
error { BadSum }

parser Parse(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    state start {
        pkt.extract(hdr.h);
        verify(hdr.h.a < 16, error.TooBig);
        hdr.h.d = hdr.h.d + 1;
        verify(hdr.h.a[0:0] == 0, error.Odd);
        hdr.h.d = hdr.h.d + 1;
        transition check;
    }
    state check {
        bool right = hdr.h.a + hdr.h.b == 8;
        verify(right || hdr.h.a == 0, error.BadSum);
        verify(hdr.h.c != 0xFFFF, error.NoMatch);
        hdr.h.d = hdr.h.d + 1;
        transition accept;
    }
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        if (std.parser_error == error.TooBig) { hdr.h.c = 1; }
        if (std.parser_error == error.Odd) { hdr.h.c = 2; }
        if (std.parser_error == error.BadSum) { hdr.h.c = 3; }
        if (std.parser_error == error.NoMatch) { hdr.h.c = 4; }
    }
}
#include "v1_end.p4"
