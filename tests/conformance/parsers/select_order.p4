// The cases of a select are tried in order: a case behind `_` or `default` is never reached, a wider set may hide a
// narrower one.
#define OWN_PARSER
#include "v1_begin.p4"

parser Parse(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    state start {
        pkt.extract(hdr.h);
        transition select(hdr.h.a) {
            0..0x7F: low;
            5: never;
            0x80 &&& 0xC0: middle;
            _: high;
            0xFF: never;
            default: never;
        }
    }
    state low { hdr.h.b = 1; transition accept; }
    state middle { hdr.h.b = 2; transition accept; }
    state high { hdr.h.b = 3; transition accept; }
    state never { hdr.h.b = 4; transition accept; }
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) { apply { } }
#include "v1_end.p4"
