// Checksums that go on over the payload: verified in ingress's order, updated before the deparser.
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        verify_checksum_with_payload(hdr.h.a == 1, { hdr.h.a, hdr.h.b, hdr.h.d }, hdr.h.c, HashAlgorithm.csum16);
        hdr.h.b = (bit<8>) std.checksum_error;
        if (hdr.h.a == 2) {
            update_checksum_with_payload(true, { hdr.h.a, hdr.h.b, hdr.h.d }, hdr.h.c, HashAlgorithm.csum16);
        }
    }
}
#include "v1_end.p4"
