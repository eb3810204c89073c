// A parser with a loop of its own, called from a state that is on a loop over a stack.
#define OWN_PARSER
#define MORE_HEADERS t_t a; t_t b; n_t[2] n;
header t_t { bit<8> v; bit<8> w; }
header n_t { bit<8> more; }
#include "v1_begin.p4"

parser Sub(packet_in p, inout headers_t hdr, inout meta_t m) {
    bit<8> n = 0;
    state start {
        n = n + 1;
        transition select(n, p.lookahead<bit<8>>()) {
            (1, 1): a;
            (_, 2): b;
            default: accept;
        }
    }
    state a { p.extract(hdr.a); m.x = m.x + 1; transition start; }
    state b { p.extract(hdr.b); m.x = m.x + 2; transition start; }
}

parser Parse(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    Sub() sub;
    state start {
        pkt.extract(hdr.h);
        transition loop;
    }
    state loop {
        pkt.extract(hdr.n.next);
        sub.apply(pkt, hdr, meta);
        hdr.h.b = hdr.h.b + 1;
        transition select(hdr.n.last.more) { 0: accept; default: loop; }
    }
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        hdr.h.c = (bit<16>)meta.x;
        if (std.parser_error == error.StackOutOfBounds) { hdr.h.a = 0xEE; }
    }
}
#include "v1_end.p4"
