// A header union: parsing into a member, isValid of the union, and that at most one member is valid.
#define MORE_HEADERS u_t u;
#define OWN_PARSER
header one_t { bit<8> v; }
header two_t { bit<16> v; }
header_union u_t {
    one_t one;
    two_t two;
}
#include "v1_begin.p4"

parser Parse(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    state start {
        pkt.extract(hdr.h);
        transition select (hdr.h.a) {
            1: one;
            2: two;
            default: accept;
        }
    }
    state one { pkt.extract(hdr.u.one); transition accept; }
    state two { pkt.extract(hdr.u.two); transition accept; }
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        hdr.h.b = 0;
        if (hdr.u.isValid()) { hdr.h.b = 1; }
        if (hdr.h.c == 1 && hdr.u.one.isValid()) {
            hdr.u.two.setValid();
            hdr.u.two.v = 0xABCD;
        } else if (hdr.h.c == 2) {
            hdr.u.one = { 0x77 };
        } else if (hdr.h.c == 3) {
            hdr.u.one.setInvalid();
        }
    }
}
#include "v1_end.p4"
