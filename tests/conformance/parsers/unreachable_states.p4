// States that no packet reaches, or that nothing leads to; selects of constants; a case that a wider one doesn't
// hide.
#define OWN_PARSER
#define MORE_HEADERS t_t[1] s;
header t_t { bit<8> v; }
#include "v1_begin.p4"

parser Parse(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    state start { pkt.extract(hdr.h); transition select(1w1) { 1: go; 0: never; } }
    state never { pkt.extract(hdr.s.next); pkt.extract(hdr.s.next); transition lonely; }
    state go { transition select(true, hdr.h.a > 3) { (true, true): yes; (false, _): never; (_, false): accept; } }
    state yes { hdr.h.b = 1; transition select(hdr.h.a[0:0]) { 1w0: accept; 1w1: reject; } }
    state lonely { transition never; }
    state island { transition island; }
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply { } }
#include "v1_end.p4"
