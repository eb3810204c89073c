// A header with a varbit field: any length up to its limit, assignment, comparison, and the errors of extract.
#define MORE_HEADERS o_t o; o_t p;
#define OWN_PARSER
header o_t {
    bit<8> len;
    varbit<88> data;
}
#include "v1_begin.p4"

parser Parse(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    state start {
        pkt.extract(hdr.h);
        pkt.extract(hdr.o, (bit<32>)hdr.h.a * 8 + (bit<32>)hdr.h.b);
        transition accept;
    }
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        if (std.parser_error == error.HeaderTooShort) { hdr.h.d = 1; }
        else if (std.parser_error == error.ParserInvalidArgument) { hdr.h.d = 2; }
        else if (std.parser_error == error.PacketTooShort) { hdr.h.d = 3; }
        if (hdr.h.c == 1) { hdr.p = hdr.o; hdr.o.len = 0xFF; }
        if (hdr.h.c == 2) { hdr.o.setInvalid(); }
        if (hdr.h.c == 3) {
            hdr.p = hdr.o;
            if (hdr.p == hdr.o) { hdr.h.d = 7; }
            hdr.p.setInvalid();
        }
    }
}
#include "v1_end.p4"
