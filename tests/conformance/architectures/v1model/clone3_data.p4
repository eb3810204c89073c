// clone3() keeps the fields that it is given, with the values that they have when ingress ends.
#define OWN_EGRESS
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        meta.x = 7;
        meta.y = 0x1234;
        clone3(CloneType.I2E, 32w5, { meta.y });
        meta.x = 8;
        hdr.h.b = 0xFF;
    }
}
control EgressPart(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        if (std.instance_type == 1) { hdr.h.c = meta.y; hdr.h.d = (bit<32>) meta.x; }
    }
}
#include "v1_end.p4"
