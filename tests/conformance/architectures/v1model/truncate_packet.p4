// truncate() cuts what leaves; of several calls the shortest counts; a longer one changes nothing.
#define OWN_EGRESS
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        if (hdr.h.a == 1) { truncate(16); truncate(14); }
        if (hdr.h.a == 2) { truncate(14); truncate(17); }
        if (hdr.h.a == 3) { truncate(4000); }
        if (hdr.h.a == 4) { truncate((bit<32>) hdr.h.b); }
    }
}
control EgressPart(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        if (hdr.h.a == 5) { truncate(15); }
        if (hdr.h.a == 6) { hdr.h.setInvalid(); truncate(6); }
    }
}
#include "v1_end.p4"
