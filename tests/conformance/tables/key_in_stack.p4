// A key in an element of a stack; its name has the index.
#define MORE_HEADERS tag_t[2] tag;
#define OWN_PARSER
header tag_t { bit<8> v; }
#include "v1_begin.p4"

parser Parse(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    state start {
        pkt.extract(hdr.h);
        pkt.extract(hdr.tag.next);
        pkt.extract(hdr.tag.next);
        transition accept;
    }
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    action set(bit<8> v) { hdr.h.b = v; }
    table t {
        key = { hdr.tag[0].v : exact; hdr.tag[1].v : ternary; }
        actions = { set; NoAction; }
    }
    apply { t.apply(); }
}
#include "v1_end.p4"
