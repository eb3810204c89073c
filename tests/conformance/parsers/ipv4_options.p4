// IPv4 with options in a varbit field, and a checksum of the payload's length by packet_in.length.
#define OWN_PARSER
#define MORE_HEADERS ip_t ip;
header ip_t {
    bit<4> version;
    bit<4> ihl;
    bit<8> tos;
    bit<16> len;
    bit<16> id;
    bit<16> flags;
    bit<32> rest;
    bit<32> src;
    bit<32> dst;
    varbit<320> options;
}
#include "v1_begin.p4"

parser Parse(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    state start {
        pkt.extract(hdr.h);
        bit<4> ihl = pkt.lookahead<bit<8>>()[3:0];
        verify(ihl >= 5, error.HeaderTooShort);
        pkt.extract(hdr.ip, ((bit<32>)ihl - 5) * 32);
        hdr.h.c = (bit<16>)pkt.length();
        transition accept;
    }
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        if (std.parser_error == error.HeaderTooShort) { hdr.h.b = 1; }
        if (hdr.ip.isValid()) { hdr.ip.dst = 0x01020304; }
    }
}
#include "v1_end.p4"
