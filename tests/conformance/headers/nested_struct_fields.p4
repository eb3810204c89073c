// Structs within headers, two deep: they are read, written, copied, compared and emitted with the header.
#define MORE_HEADERS n_t n; n_t m;
#define OWN_PARSER
struct inner_t { bit<4> x; bit<12> y; }
struct outer_t { inner_t first; bit<8> gap; inner_t second; }
header n_t {
    bit<8> kind;
    outer_t o;
}
#include "v1_begin.p4"

parser Parse(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    state start {
        pkt.extract(hdr.h);
        pkt.extract(hdr.n);
        transition accept;
    }
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        if (hdr.h.a == 1) {
            inner_t t = hdr.n.o.first;
            hdr.n.o.first = hdr.n.o.second;
            hdr.n.o.second = t;
        }
        if (hdr.h.a == 2) { hdr.m = hdr.n; hdr.m.o.second = { 1, 2 }; }
        if (hdr.h.a == 3) { hdr.m = { 9, { { 1, 0x234 }, 0x56, hdr.n.o.first } }; }
        if (hdr.n.o.first == hdr.n.o.second) { hdr.h.b = 1; }
        if (hdr.n.o == { { 0xA, 0xBCD }, 0, { x = 1, y = 1 } }) { hdr.h.b = 2; }
    }
}
#include "v1_end.p4"
