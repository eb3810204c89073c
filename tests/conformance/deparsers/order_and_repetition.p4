// The deparser decides the order, may emit a header twice, one after a change of a copy, and leave headers out.
#define OWN_DEPARSER
#define OWN_PARSER
#define MORE_HEADERS t_t one; t_t two; t_t three;
header t_t { bit<8> v; }
#include "v1_begin.p4"

parser Parse(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    state start {
        pkt.extract(hdr.one);
        pkt.extract(hdr.h);
        pkt.extract(hdr.two);
        pkt.extract(hdr.three);
        transition accept;
    }
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) { apply { } }

control DeparsePart(packet_out pkt, in headers_t hdr) {
    apply {
        pkt.emit(hdr.three);
        t_t copy = hdr.two;
        copy.v = copy.v + 1;
        pkt.emit(copy);
        pkt.emit(hdr.two);
        pkt.emit(hdr.h);
        pkt.emit(hdr.three);
    }
}
#include "v1_end.p4"
