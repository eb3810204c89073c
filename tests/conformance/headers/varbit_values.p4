// varbit fields: length zero, the whole length, copies between headers of one type, comparison of different lengths.
#define MORE_HEADERS v_t x; v_t y;
#define OWN_PARSER
header v_t { bit<8> len; bit<8> last; varbit<32> data; }
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
        if (hdr.x.data == hdr.y.data) { hdr.h.b = 1; }
        if (hdr.x == hdr.y) { hdr.h.b[7:7] = 1; }
        if (hdr.h.a == 1) { hdr.x.data = hdr.y.data; hdr.x.len = hdr.y.len; }
        if (hdr.h.a == 2) { v_t t = hdr.x; hdr.x = hdr.y; hdr.y = t; }
    }
}
#include "v1_end.p4"
