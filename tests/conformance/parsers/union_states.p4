// States that read members of a union, one after the other: the last one read is valid; select asks for validity.
#define OWN_PARSER
#define MORE_HEADERS u_t u; t_t t;
header one_t { bit<8> v; }
header two_t { bit<16> v; }
header_union u_t { one_t one; two_t two; }
header t_t { bit<8> v; }
#include "v1_begin.p4"

parser Parse(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    state start { pkt.extract(hdr.h); transition select(hdr.h.a) { 0: done; 1: one; 2: two; 3: both; } }
    state one { pkt.extract(hdr.u.one); transition done; }
    state two { pkt.extract(hdr.u.two); transition done; }
    state both { pkt.extract(hdr.u.one); pkt.extract(hdr.u.two); transition done; }
    state done { transition select(hdr.u.isValid(), hdr.u.one.isValid()) {
            (true, true): a; (true, false): b; (false, _): accept; } }
    state a { hdr.h.b = 1; transition accept; }
    state b { hdr.h.b = 2; hdr.u.one.setValid(); hdr.u.one.v = 9; transition accept; }
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply { } }
#include "v1_end.p4"
