// A resubmitted packet is parsed again as it came in; it keeps the list's fields, and its ingress port.
#define MORE_META @field_list(3) bit<8> times;
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        hdr.h.b = meta.times;
        hdr.h.d = (bit<32>) std.ingress_port;
        if (meta.times < hdr.h.a) {
            meta.times = meta.times + 1;
            hdr.h.c = 0xFFFF;
            resubmit_preserving_field_list(3);
        }
        if (std.instance_type == 6) { hdr.h.c = hdr.h.c + 0x0100; }
    }
}
#include "v1_end.p4"
