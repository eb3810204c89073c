// As the data of a call, so a field list; its number is that of the annotation.
#define OWN_EGRESS
#define MORE_META @field_list(0) bit<16> kept;
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        if (std.instance_type == 4) { hdr.h.c = meta.kept; hdr.h.b = meta.x; }
    }
}
control EgressPart(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        if (std.instance_type == 0) {
            meta.kept = 0xBEEF;
            meta.x = 1;
            recirculate_preserving_field_list(0);
        }
    }
}
#include "v1_end.p4"
