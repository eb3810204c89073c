// A union one of whose members has a varbit field.
#define MORE_HEADERS u_t u; u_t copy;
#define OWN_PARSER
header fixed_t { bit<8> kind; bit<8> v; }
header long_t { bit<8> kind; bit<8> len; varbit<64> data; }
header_union u_t { fixed_t short; long_t long; }
#include "v1_begin.p4"

parser Parse(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    state start {
        pkt.extract(hdr.h);
        transition select(pkt.lookahead<bit<16>>()) {
            0x0100 &&& 0xFF00: short;
            0x0200 &&& 0xFF00: long;
            default: accept;
        }
    }
    state short { pkt.extract(hdr.u.short); transition accept; }
    state long {
        bit<8> len = pkt.lookahead<bit<16>>()[7:0];
        pkt.extract(hdr.u.long, (bit<32>)len * 8);
        transition accept;
    }
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        if (hdr.u.short.isValid()) { hdr.h.b = 1; }
        if (hdr.u.long.isValid()) { hdr.h.b = 2; hdr.u.long.kind = 0x22; }
        if (hdr.h.a == 1) { hdr.copy = hdr.u; }
        if (hdr.h.a == 2) { hdr.u.short = { 0x33, 0x44 }; }
    }
}
#include "v1_end.p4"
