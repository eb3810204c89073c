// Members of unions in an array, and headers with varbit fields, that the packet chooses.
#define MORE_HEADERS u_t[3] u; v_t[2] v;
header one_t { bit<8> v; }
header two_t { bit<16> v; }
header v_t { bit<8> n; varbit<16> v; }
header_union u_t { one_t one; two_t two; }
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        bit<2> i = hdr.h.a[1:0];
        hdr.u[i].one.setValid();
        hdr.u[i].one.v = 0x11;
        if (hdr.h.a[7:7] == 1) { hdr.u[i].two = { 0x2222 }; }
        if (hdr.u[i].isValid()) { hdr.h.b = 1; }
        if (hdr.h.a[6:6] == 1) { hdr.u[i].one.setInvalid(); }
        hdr.v[0].setValid();
        hdr.v[0].n = 5;
        hdr.v[i[0:0]].setInvalid();
    }
}
#include "v1_end.p4"
