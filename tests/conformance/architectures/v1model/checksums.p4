// update_checksum by a CRC, and verify_checksum of a ones' complement sum.
#define OWN_EGRESS
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        hash(meta.y, HashAlgorithm.crc16, 16w0, { hdr.h.a, hdr.h.b }, 32w65536);
        verify_checksum(true, { hdr.h.d }, hdr.h.c, HashAlgorithm.csum16);
        hdr.h.a = (bit<8>)std.checksum_error;
    }
}
control EgressPart(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply { hdr.h.c = meta.y; }
}
#include "v1_end.p4"
