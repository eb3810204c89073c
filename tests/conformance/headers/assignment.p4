// Assigning headers copies validity with the fields; a list makes a header valid; assigning an invalid one makes it
// invalid, and {#} is the invalid header.
#define MORE_HEADERS t_t t; t_t u;
header t_t { bit<8> v; bit<8> w; }
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    t_t local;
    apply {
        hdr.t = { 0x11, 0x22 };
        if (hdr.h.a == 1) { hdr.u = hdr.t; hdr.t.v = 0x33; }
        if (hdr.h.a == 2) { hdr.t = hdr.u; }
        if (hdr.h.a == 3) { hdr.t = {#}; }
        if (hdr.h.a == 4) { hdr.u = { w = 0x44, v = 0x55 }; hdr.t = (t_t) {#}; }
        if (hdr.h.a == 5) { local = hdr.t; local.v = 0x66; hdr.u = local; local = hdr.t; }
        if (hdr.h.a == 6) { hdr.t = hdr.h.b == 0 ? hdr.t : hdr.u; }
        if (hdr.h.a == 7) { t_t no = ...; hdr.u = no; hdr.t = { w = 1, ... }; }
        if (hdr.h.a == 8) { hdr.t = (t_t) { 0x77, 0x88 }; hdr.h.c[15:8] = ((t_t) { 0x99, 0xAA }).v; }
    }
}
#include "v1_end.p4"
