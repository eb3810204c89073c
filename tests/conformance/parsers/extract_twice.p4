// The same header extracted twice: the second time overwrites the first, and it is emitted once.
#define OWN_PARSER
#include "v1_begin.p4"

parser Parse(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    state start {
        pkt.extract(hdr.h);
        meta.x = hdr.h.a;
        transition select(hdr.h.b) {
            1: again;
            2: ignore;
            _: accept;
        }
    }
    state again { pkt.extract(hdr.h); transition accept; }
    state ignore { pkt.extract<h_t>(_); transition accept; }
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply { hdr.h.d = (bit<32>)meta.x; }
}
#include "v1_end.p4"
