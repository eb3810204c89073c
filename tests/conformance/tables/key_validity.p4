// Whether a header is valid is a key; the control plane calls it `h.$valid$`.
#define MORE_HEADERS one_t one;
#define OWN_PARSER
header one_t { bit<8> v; }
#include "v1_begin.p4"

parser Parse(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    state start {
        pkt.extract(hdr.h);
        transition select (hdr.h.a) {
            1: one;
            default: accept;
        }
    }
    state one { pkt.extract(hdr.one); transition accept; }
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    action set(bit<8> v) { hdr.h.b = v; }
    table t {
        key = { hdr.one.isValid() : exact; hdr.h.c : ternary; }
        actions = { set; NoAction; }
    }
    apply { t.apply(); }
}
#include "v1_end.p4"
