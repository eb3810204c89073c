// Options of different lengths in a stack of headers with varbit fields.
#define OWN_PARSER
#define MORE_HEADERS opt_t[3] opts;
header opt_t { bit<8> kind; bit<8> len; varbit<64> data; }
#include "v1_begin.p4"

parser Parse(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    state start {
        pkt.extract(hdr.h);
        transition option;
    }
    state option {
        transition select(pkt.lookahead<bit<8>>()) {
            0: accept;
            default: one;
        }
    }
    state one {
        bit<8> len = pkt.lookahead<bit<16>>()[7:0];
        pkt.extract(hdr.opts.next, (bit<32>)(len << 3));
        transition option;
    }
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        if (std.parser_error == error.HeaderTooShort) { hdr.h.b = 1; }
        if (std.parser_error == error.StackOutOfBounds) { hdr.h.b = 2; }
        if (std.parser_error == error.PacketTooShort) { hdr.h.b = 3; }
        if (hdr.h.a == 1) { hdr.opts.pop_front(1); }
        if (hdr.h.a == 2) { hdr.opts[2] = hdr.opts[0]; }
    }
}
#include "v1_end.p4"
