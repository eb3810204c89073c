// A loop with a counter of its own over options of several kinds; the counter, not a stack, ends it.
#define OWN_PARSER
#define MORE_HEADERS nop_t[4] nops; mss_t mss; ts_t ts;
header nop_t { bit<8> kind; }
header mss_t { bit<8> kind; bit<8> len; bit<16> mss; }
header ts_t { bit<8> kind; bit<8> len; bit<16> ts; }
#include "v1_begin.p4"

parser Parse(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    bit<8> left;
    state start {
        pkt.extract(hdr.h);
        left = hdr.h.a;
        transition option;
    }
    state option {
        transition select(left, pkt.lookahead<bit<8>>()) {
            (0, _): accept;
            (_, 1): nop;
            (_, 2): mss;
            (4..255, 8): ts;
            default: reject;
        }
    }
    state nop {
        pkt.extract(hdr.nops.next);
        left = left - 1;
        transition option;
    }
    state mss {
        verify(left >= 4, error.HeaderTooShort);
        pkt.extract(hdr.mss);
        left = left - 4;
        transition option;
    }
    state ts {
        pkt.extract(hdr.ts);
        left = left - 4;
        transition option;
    }
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        if (hdr.mss.isValid()) { hdr.h.c = hdr.mss.mss; }
        if (hdr.ts.isValid()) { hdr.h.d[15:0] = hdr.ts.ts; }
        if (std.parser_error == error.HeaderTooShort) { hdr.h.b = 1; }
        if (std.parser_error == error.StackOutOfBounds) { hdr.h.b = 2; }
    }
}
#include "v1_end.p4"
