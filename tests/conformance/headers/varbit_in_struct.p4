// varbit variables and fields of structs: assigned from headers and back.
#define MORE_HEADERS v_t x; v_t y;
#define OWN_PARSER
header v_t { bit<8> len; varbit<32> data; }
struct keep_t { bit<8> tag; varbit<32> data; }
#include "v1_begin.p4"

parser Parse(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    state start {
        pkt.extract(hdr.h);
        pkt.extract(hdr.x, (bit<32>)pkt.lookahead<bit<8>>() * 8);
        pkt.extract(hdr.y, (bit<32>)pkt.lookahead<bit<8>>() * 8);
        transition accept;
    }
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        keep_t keep;
        varbit<32> local = hdr.y.data;
        keep.data = hdr.x.data;
        if (hdr.h.a == 1) {
            hdr.x.data = local;
            hdr.y.data = keep.data;
        }
        if (local == hdr.x.data) { hdr.h.b = 1; }
    }
}
#include "v1_end.p4"
