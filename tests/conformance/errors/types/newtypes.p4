// New types have no arithmetic and don't mix with what they are made of.
#include "v1_begin.p4"

type bit<16> port_t;
type bit<16> vlan_t;

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        port_t p = (port_t)hdr.h.c;
        vlan_t v = (vlan_t)16w1;
        p = p + 1; //~ C0211
        if (p == v) { } //~ C0210
        if (p == 16w5) { } //~ C0210
        if (p < (port_t)16w5) { } //~ C0211
        bit<4> low = p[3:0]; //~ C0211
        p = -p; //~ C0211
        if (p == (port_t)16w5 && (bit<16>)v != 5) { }
    }
}
#include "v1_end.p4"
