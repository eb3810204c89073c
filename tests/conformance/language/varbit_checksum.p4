// IPv4 with options, whose checksum runs over the options too.
#define MORE_HEADERS ip_t ip; options_t options;
#define OWN_PARSER
#define OWN_EGRESS
header ip_t {
    bit<4> version;
    bit<4> ihl;
    bit<8> tos;
    bit<16> total;
}
header options_t { varbit<320> bytes; }
#include "v1_begin.p4"

parser Parse(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    state start {
        pkt.extract(hdr.h);
        pkt.extract(hdr.ip);
        pkt.extract(hdr.options, (bit<32>)(((bit<16>)hdr.ip.ihl - 1) * 32));
        transition accept;
    }
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) { apply { } }

control EgressPart(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        update_checksum(true, { hdr.ip.version, hdr.ip.ihl, hdr.ip.tos, hdr.options.bytes, hdr.ip.total }, hdr.h.c,
                        HashAlgorithm.csum16);
    }
}
#include "v1_end.p4"
