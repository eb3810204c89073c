// Drops every packet without looking at it: what a NIC takes for a packet as such.
//
//   cora predict examples/models/drop.p4 -t agilio-cx --cores 5 --firmware queue-selection

#include <core.p4>
#include <v1model.p4>

struct headers_t {}
struct metadata_t {}

parser Parse(packet_in packet, out headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard) {
    state start { transition accept; }
}

control Verify(inout headers_t hdr, inout metadata_t meta) { apply {} }

control Process(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard) {
    apply { mark_to_drop(standard); }
}

control Leave(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard) { apply {} }
control Compute(inout headers_t hdr, inout metadata_t meta) { apply {} }
control Deparse(packet_out packet, in headers_t hdr) { apply {} }

V1Switch(Parse(), Verify(), Process(), Leave(), Compute(), Deparse()) main;
