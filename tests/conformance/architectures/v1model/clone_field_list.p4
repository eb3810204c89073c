// A clone keeps the fields of the list that it names; all other metadata is zero in it.
#define OWN_EGRESS
#define MORE_META @field_list(1) bit<8> one; @field_list(1, 2) bit<8> both; bit<8> none;
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        meta.one = 0x11;
        meta.both = 0x22;
        meta.none = 0x33;
        if (hdr.h.a == 1) { clone_preserving_field_list(CloneType.I2E, 32w5, 1); }
        if (hdr.h.a == 2) { clone_preserving_field_list(CloneType.I2E, 32w5, 2); }
    }
}
control EgressPart(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        if (std.instance_type == 1) { hdr.h.c = meta.one ++ meta.both; hdr.h.b = meta.none; }
    }
}
#include "v1_end.p4"
