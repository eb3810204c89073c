// Sets in a select: masks, ranges, both of signed numbers too, `_`, several keys; the first one that fits is taken.
#define OWN_PARSER
#include "v1_begin.p4"

const bit<8> HIGH = 0xF0;

parser Parse(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    state start {
        pkt.extract(hdr.h);
        transition select (hdr.h.a, (int<16>)hdr.h.c) {
            (0x13 &&& 0x1F, _): masked;
            (HIGH .. 0xF7, -2 .. 2): ranged;
            (8w0x80 &&& 8w0x80, 5): top;
            (_, 16s7 &&& 16s15): signed_mask;
            (3, default): three;
            default: accept;
        }
    }
    state masked { meta.x = 1; transition accept; }
    state ranged { meta.x = 2; transition accept; }
    state top { meta.x = 3; transition accept; }
    state signed_mask { meta.x = 4; transition accept; }
    state three { meta.x = 5; transition accept; }
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply { hdr.h.b = meta.x; }
}
#include "v1_end.p4"
