// Header unions as values: assigned whole, compared, `{#}`, passed by copy.
#define MORE_HEADERS u_t u; u_t w;
header one_t { bit<8> v; }
header two_t { bit<16> v; }
header_union u_t { one_t one; two_t two; }
#include "v1_begin.p4"

void change(inout u_t u) { u.two = { 0x1234 }; }

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        u_t local;
        if (!local.isValid() && local == hdr.u) { hdr.h.b[0:0] = 1; }
        local.one = { hdr.h.a };
        hdr.u = local;
        if (local == hdr.u) { hdr.h.b[1:1] = 1; }
        change(local);
        if (local != hdr.u && local.two.isValid() && !local.one.isValid()) { hdr.h.b[2:2] = 1; }
        hdr.w = local;
        if (hdr.h.a == 1) { hdr.u = {#}; }
        if (hdr.h.a == 2) { hdr.w = hdr.u; }
        one_t none;
        if (hdr.h.a == 3) { hdr.u.one = none; }
    }
}
#include "v1_end.p4"
