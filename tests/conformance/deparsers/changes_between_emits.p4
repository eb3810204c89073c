// A header that changes between two emits: each writes what it holds then; a struct of headers of the deparser's own.
#define OWN_DEPARSER
#define MORE_HEADERS t_t t;
header t_t { bit<8> v; bit<8> w; }
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply { hdr.t = { 1, 2 }; } }
control DeparsePart(packet_out pkt, in headers_t hdr) {
    headers_t all;
    apply {
        all = hdr;
        all.h.b = all.h.b + 1;
        pkt.emit(all.h);
        all.h.b = all.h.b + 1;
        if (all.h.b > 3) { all.t.setInvalid(); }
        pkt.emit(all);
    }
}
#include "v1_end.p4"
