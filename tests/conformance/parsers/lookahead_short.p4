// lookahead beyond the end is PacketTooShort, and so are advance and extract; up to the very end they are fine.
#define OWN_PARSER
#define MORE_HEADERS p_t p; t_t t;
header t_t { bit<48> v; }
header p_t { bit<64> v; }
#include "v1_begin.p4"

parser Parse(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    state start {
        pkt.extract(hdr.h);
        pkt.extract(hdr.p);
        transition select(hdr.h.a) {
            1: look48;
            2: look56;
            3: advance48;
            4: advance56;
            5: extract_t;
            6: extract_late;
            7: advance_sum;
        }
    }
    state look48 { hdr.h.d = pkt.lookahead<bit<48>>()[31:0]; transition accept; }
    state look56 { hdr.h.d = pkt.lookahead<bit<56>>()[31:0]; transition accept; }
    state advance48 { pkt.advance(48); transition accept; }
    state advance56 { pkt.advance(56); transition accept; }
    state extract_t { pkt.extract(hdr.t); transition accept; }
    state extract_late { pkt.advance(8); pkt.extract(hdr.t); transition accept; }
    state advance_sum { pkt.advance((bit<32>)hdr.h.c * 8); transition extract_t; }
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        if (std.parser_error == error.PacketTooShort) { hdr.h.b = 0xEE; }
        if (hdr.t.isValid()) { hdr.t.v = 0x11; }
    }
}
#include "v1_end.p4"
