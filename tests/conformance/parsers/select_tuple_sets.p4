// A select on two keys: exact pairs, `_` in a pair, masks, ranges, and the first match from the top counts.
#define OWN_PARSER
#include "v1_begin.p4"

parser Parse(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    state start {
        meta.x = 0;
        pkt.extract(hdr.h);
        transition select(hdr.h.a, hdr.h.b) {
            (1, 2): exact;
            (1, _): first_only;
            (0x10 &&& 0xF0, 3..5): mask_and_range;
            (0x13, 4): hidden;
            (_, 9): second_only;
            default: other;
        }
    }
    state exact { meta.x = 1; transition accept; }
    state first_only { meta.x = 2; transition accept; }
    state mask_and_range { meta.x = 3; transition accept; }
    state hidden { meta.x = 4; transition accept; }
    state second_only { meta.x = 5; transition accept; }
    state other { meta.x = 6; transition accept; }
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply { hdr.h.d = (bit<32>)meta.x; }
}
#include "v1_end.p4"
