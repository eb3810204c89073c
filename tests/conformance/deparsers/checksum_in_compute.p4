// A checksum over headers that ingress has changed, computed in the control before the deparser.
#include <core.p4>
#include <v1model.p4>
header h_t { bit<8> a; bit<8> b; bit<16> c; bit<32> d; bit<16> sum; }
struct headers_t { h_t h; }
struct meta_t { bit<8> x; }

parser Parse(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    state start { pkt.extract(hdr.h); transition accept; }
}
control NoCheck(inout headers_t hdr, inout meta_t meta) { apply { } }
control In(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        std.egress_spec = 1;
        hdr.h.c = hdr.h.c + 1;
    }
}
control Out(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) { apply { hdr.h.d[7:0] = 5; } }
control Compute(inout headers_t hdr, inout meta_t meta) {
    apply {
        update_checksum(hdr.h.b != 0xFF, { hdr.h.a, hdr.h.b, hdr.h.c, hdr.h.d }, hdr.h.sum, HashAlgorithm.csum16);
    }
}
control Deparse(packet_out pkt, in headers_t hdr) { apply { pkt.emit(hdr); } }
V1Switch(Parse(), NoCheck(), In(), Out(), Compute(), Deparse()) main;
