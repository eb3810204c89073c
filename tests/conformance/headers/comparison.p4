// == of headers: both invalid, or both valid with equal fields; also in structs, against lists and {#}.
#define MORE_HEADERS t_t t; t_t u; in_t in1; in_t in2;
header t_t { bit<8> v; int<8> w; }
struct in_t { t_t t; }
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        if (hdr.h.a[0:0] == 1) { hdr.t = { 1, -1 }; hdr.in1.t = hdr.t; }
        if (hdr.h.a[1:1] == 1) { hdr.u = { 1, -1 }; hdr.in2.t = hdr.u; }
        if (hdr.h.a[2:2] == 1) { hdr.u.v = 2; hdr.in2.t.v = 2; }
        hdr.h.b = 0;
        if (hdr.t == hdr.u) { hdr.h.b[0:0] = 1; }
        if (hdr.t != hdr.u) { hdr.h.b[1:1] = 1; }
        if (hdr.in1 == hdr.in2) { hdr.h.b[2:2] = 1; }
        if (hdr.u == { 2, -1 }) { hdr.h.b[3:3] = 1; }
        if (hdr.u == (t_t){#}) { hdr.h.b[4:4] = 1; }
        hdr.t.setInvalid();
        hdr.u.setInvalid();
        hdr.in1.t.setInvalid();
        hdr.in2.t.setInvalid();
        if (hdr.in1 == hdr.in2) { hdr.h.b[5:5] = 1; }
    }
}
#include "v1_end.p4"
