// A new type takes its values by casts only and compares with its own; values flow through both ways unchanged.
#define MORE_HEADERS o_t o;
type bit<16> port_t;
type port_t inner_port_t;
type bool flag_t;
typedef port_t alias_t;
header o_t {
    port_t port;
    inner_port_t inner;
}
#include "v1_begin.p4"

const port_t CPU = (port_t)16w64;

bit<16> next(in alias_t p) { return (bit<16>)p + 1; }

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        port_t p = (port_t)hdr.h.c;
        alias_t same = p;
        flag_t flag = (flag_t)(hdr.h.a == 1);
        hdr.o.setValid();
        hdr.o.port = (port_t)next(same);
        hdr.o.inner = (inner_port_t)p;
        if (p == CPU) {
            hdr.h.b = 1;
        }
        if ((bool)flag && same != (port_t)16w65) {
            hdr.h.b = hdr.h.b + 2;
        }
    }
}
#include "v1_end.p4"
