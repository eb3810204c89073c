// A parser that is given a stack, and one that is given a union; the caller goes on behind them.
#define OWN_PARSER
#define MORE_HEADERS tag_t[3] tags; tag_t[2] more; u_t u;
header tag_t { bit<7> v; bit<1> end; }
header one_t { bit<8> v; }
header two_t { bit<16> v; }
header_union u_t { one_t one; two_t two; }
#include "v1_begin.p4"

parser Tags(packet_in pkt, inout tag_t[3] tags) {
    state start {
        pkt.extract(tags.next);
        transition select(tags.last.end) {
            1: accept;
            0: start;
        }
    }
}

parser Either(packet_in pkt, in bit<8> which, out u_t u) {
    state start {
        transition select(which) {
            1: one;
            2: two;
            _: accept;
        }
    }
    state one { pkt.extract(u.one); transition accept; }
    state two { pkt.extract(u.two); transition accept; }
}

parser Parse(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    Tags() tags;
    Either() either;
    state start {
        pkt.extract(hdr.h);
        tags.apply(pkt, hdr.tags);
        pkt.extract(hdr.more.next);
        either.apply(pkt, hdr.h.a, hdr.u);
        transition accept;
    }
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        if (hdr.u.one.isValid()) { hdr.h.b = 1; }
        if (hdr.u.two.isValid()) { hdr.h.b = 2; }
        if (hdr.more[0].isValid()) { hdr.h.c = (bit<16>)hdr.more[0].v; }
        if (std.parser_error == error.StackOutOfBounds) { hdr.h.d = 1; }
    }
}
#include "v1_end.p4"
