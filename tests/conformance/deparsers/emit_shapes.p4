// emit of headers, structs of headers (two deep), stacks and unions: field by field in the order of the declaration;
// what is invalid is left out.
#include <core.p4>
#include <v1model.p4>
header h_t { bit<8> a; bit<8> b; bit<16> c; bit<32> d; }
header t_t { bit<8> v; }
header w_t { bit<16> v; }
header_union u_t { t_t t; w_t w; }
struct deep_t { t_t one; t_t[2] stack; }
struct part_t { w_t first; deep_t deep; u_t[2] unions; }
struct headers_t { h_t h; part_t part; t_t last; }
struct meta_t { bit<8> x; }

parser Parse(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    state start { pkt.extract(hdr.h); transition accept; }
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        if (hdr.h.a[0:0] == 1) { hdr.part.first = { 0x0101 }; }
        if (hdr.h.a[1:1] == 1) { hdr.part.deep.one = { 0x02 }; }
        if (hdr.h.a[2:2] == 1) { hdr.part.deep.stack[1] = { 0x03 }; }
        if (hdr.h.a[3:3] == 1) { hdr.part.deep.stack[0] = { 0x04 }; }
        if (hdr.h.a[4:4] == 1) { hdr.part.unions[1].w = { 0x0505 }; }
        if (hdr.h.a[5:5] == 1) { hdr.part.unions[0].t = { 0x06 }; }
        if (hdr.h.a[6:6] == 1) { hdr.last = { 0x07 }; }
    }
}
#include "v1_end.p4"
