// A value set that the control plane has put nothing into matches nothing.
#define OWN_PARSER
#include "v1_begin.p4"

parser Parse(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    value_set<bit<8>>(4) one;
    value_set<tuple<bit<8>, bit<16>>>(4) both;
    state start {
        pkt.extract(hdr.h);
        transition select (hdr.h.a) {
            one: found;
            3: pair;
            default: accept;
        }
    }
    state found { meta.x = 1; transition accept; }
    state pair {
        transition select (hdr.h.a, hdr.h.c) {
            both: found;
            (_, 9): nine;
            default: accept;
        }
    }
    state nine { meta.x = 9; transition accept; }
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply { hdr.h.b = meta.x; }
}
#include "v1_end.p4"
