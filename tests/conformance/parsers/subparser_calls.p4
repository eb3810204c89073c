// A parser within a parser, with a constructor's parameter, called twice from different states and once in a loop.
#define OWN_PARSER
#define MORE_HEADERS t_t one; t_t two; t_t three;
header t_t { bit<8> kind; bit<8> v; }
#include "v1_begin.p4"

parser Inner(packet_in pkt, out t_t t, inout bit<8> count)(bit<8> step, bool strict) {
    state start {
        pkt.extract(t);
        count = count + step;
        transition select(t.kind) {
            0xFF: strange;
            default: accept;
        }
    }
    state strange {
        verify(!strict, error.NoMatch);
        t.v = 0xEE;
        transition accept;
    }
}

parser Parse(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    Inner(1, true) strict;
    Inner(0x10, false) lax;
    state start {
        pkt.extract(hdr.h);
        strict.apply(pkt, hdr.one, hdr.h.b);
        lax.apply(pkt, hdr.two, hdr.h.b);
        transition select(hdr.two.kind) {
            3: third;
            default: accept;
        }
    }
    state third {
        strict.apply(pkt, hdr.three, hdr.h.b);
        hdr.h.c = 0x3333;
        transition accept;
    }
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply { if (std.parser_error == error.NoMatch) { hdr.h.d = 1; } }
}
#include "v1_end.p4"
