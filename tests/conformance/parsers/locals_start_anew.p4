// A parser's own variables have their initial values for each packet, and keep what a state wrote for the next ones.
#define OWN_PARSER
#include "v1_begin.p4"

parser Parse(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    bit<16> sum = 100;
    bit<8> seen = 0;
    state start {
        pkt.extract(hdr.h);
        sum = sum + hdr.h.c;
        seen = seen + 1;
        transition select(hdr.h.a) {
            0: end;
            _: again;
        }
    }
    state again {
        sum = sum + 1000;
        seen = seen + 1;
        transition end;
    }
    state end {
        hdr.h.c = sum;
        hdr.h.b = seen;
        transition accept;
    }
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) { apply { } }
#include "v1_end.p4"
