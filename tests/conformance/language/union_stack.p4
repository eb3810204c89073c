// A stack of unions: `next` moves on after one member was read.
#define MORE_HEADERS u_t[3] u;
#define OWN_PARSER
header one_t { bit<8> kind; }
header two_t { bit<8> kind; bit<8> more; }
header_union u_t {
    one_t one;
    two_t two;
}
#include "v1_begin.p4"

parser Parse(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    state start {
        pkt.extract(hdr.h);
        transition next;
    }
    state next {
        transition select (pkt.lookahead<bit<8>>()) {
            1: one;
            2: two;
            default: accept;
        }
    }
    state one { pkt.extract(hdr.u.next.one); transition next; }
    state two { pkt.extract(hdr.u.next.two); transition next; }
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        if (hdr.u[1].two.isValid()) { hdr.h.b = hdr.u[1].two.more; }
        if (hdr.h.c == 1) { hdr.u.pop_front(1); }
    }
}
#include "v1_end.p4"
