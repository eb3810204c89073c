// A field behind a varbit field: extracted, written, copied and emitted with the header.
#define OWN_PARSER
#define MORE_HEADERS v_t v; v_t w;
header v_t { bit<8> len; varbit<32> data; bit<16> last; }
#include "v1_begin.p4"

parser Parse(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    state start {
        pkt.extract(hdr.h);
        pkt.extract(hdr.v, (bit<32>)pkt.lookahead<bit<8>>() * 8);
        transition accept;
    }
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        hdr.v.last = hdr.v.last + 1;
        if (hdr.h.a == 1) { hdr.w = hdr.v; hdr.w.last = 1; }
        if (hdr.h.a == 2) { hdr.v.setInvalid(); }
    }
}
#include "v1_end.p4"
