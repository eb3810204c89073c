// A loop over a stack by `next`, left by `last`; one label too many is StackOutOfBounds.
#define OWN_PARSER
#define MORE_HEADERS mpls_t[3] mpls; ip_t ip;
header mpls_t { bit<20> label; bit<3> tc; bit<1> bos; bit<8> ttl; }
header ip_t { bit<4> version; bit<4> ihl; bit<8> tos; }
#include "v1_begin.p4"

parser Parse(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    state start {
        pkt.extract(hdr.h);
        transition labels;
    }
    state labels {
        pkt.extract(hdr.mpls.next);
        meta.x = (bit<8>)hdr.mpls.lastIndex;
        meta.y = hdr.mpls.last.label[15:0];
        transition select(hdr.mpls.last.bos) {
            0: labels;
            1: ip;
        }
    }
    state ip { pkt.extract(hdr.ip); transition accept; }
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        hdr.h.a = meta.x;
        hdr.h.c = meta.y;
        if (std.parser_error == error.StackOutOfBounds) { hdr.h.b = 0xEE; }
        if (hdr.ip.isValid()) { hdr.h.b = hdr.ip.tos; }
        if (hdr.mpls[0].isValid() && hdr.mpls.size == 3) { hdr.mpls[0].ttl = hdr.mpls[0].ttl - 1; }
    }
}
#include "v1_end.p4"
