// What the architecture tells of a packet: port, length, time in microseconds, parser error; in egress the port that it leaves by.
#define OWN_EGRESS
#define OWN_PARSER
#include "v1_begin.p4"

parser Parse(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    state start {
        meta.x = (bit<8>) std.ingress_port;
        pkt.extract(hdr.h);
        verify(hdr.h.a != 9, error.NoMatch);
        transition accept;
    }
}
control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        hdr.h.b = meta.x;
        hdr.h.c = std.packet_length[15:0];
        hdr.h.d = std.ingress_global_timestamp[31:0];
        if (std.parser_error == error.NoMatch) { hdr.h.b = 0xEE; }
        if (std.parser_error == error.NoError) { hdr.h.a = hdr.h.a + 1; }
        std.egress_spec = 3;
        std.priority = 5;
        if (std.mcast_grp != 0 || std.egress_rid != 0 || std.checksum_error != 0 || std.instance_type != 0) { hdr.h.a = 0xFF; }
    }
}
control EgressPart(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        if (std.egress_port == 3 && std.priority == 5) { hdr.h.d = hdr.h.d + (bit<32>) (std.enq_qdepth + std.deq_qdepth); }
        else { hdr.h.d = 0; }
    }
}
#include "v1_end.p4"
