// Select keys wider than a word, concatenations and slices as keys, constants and constant expressions as cases.
#define OWN_PARSER
#define MORE_HEADERS w_t w;
header w_t { bit<128> addr; bit<48> mac; }
#include "v1_begin.p4"

const bit<48> BROADCAST = 0xFFFFFFFFFFFF;
const bit<128> LOCAL = 1;

parser Parse(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    state start {
        pkt.extract(hdr.h);
        pkt.extract(hdr.w);
        transition select(hdr.w.addr, hdr.w.mac) {
            (LOCAL, _): local;
            (0xFE80 << 112 &&& 0xFFC0 << 112, BROADCAST): link_broadcast;
            (_, BROADCAST): broadcast;
            (0x20010DB8000000000000000000000000 .. 0x20010DB8FFFFFFFFFFFFFFFFFFFFFFFF, _): documentation;
            default: parts;
        }
    }
    state local { hdr.h.d = 1; transition accept; }
    state link_broadcast { hdr.h.d = 2; transition accept; }
    state broadcast { hdr.h.d = 3; transition accept; }
    state documentation { hdr.h.d = 4; transition accept; }
    state parts {
        transition select(hdr.h.b ++ hdr.w.mac[47:40], hdr.w.addr[127:124] + 4w1) {
            (16w0x0102, 4w0): five;
            (_, 3 - 1): six;
            (_, _): accept;
        }
    }
    state five { hdr.h.d = 5; transition accept; }
    state six { hdr.h.d = 6; transition accept; }
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) { apply { } }
#include "v1_end.p4"
