// Reads READS cells of one array from memory and drops the packet.
//
//   cora predict examples/models/dram_reads.p4 -t agilio-cx --cores 5 -D READS=8

#include <core.p4>
#include <v1model.p4>

#ifndef READS
#define READS 4
#endif

struct headers_t {}
struct metadata_t {}

parser Parse(packet_in packet, out headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard) {
    state start { transition accept; }
}

control Verify(inout headers_t hdr, inout metadata_t meta) { apply {} }

control Process(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard) {
    register<bit<32>>(1048576) cells;
    bit<32> value;
    apply {
        cells.read(value, 0);
#if READS > 1
        cells.read(value, 1);
#endif
#if READS > 2
        cells.read(value, 2);
#endif
#if READS > 3
        cells.read(value, 3);
#endif
#if READS > 4
        cells.read(value, 4);
#endif
#if READS > 5
        cells.read(value, 5);
#endif
#if READS > 6
        cells.read(value, 6);
#endif
#if READS > 7
        cells.read(value, 7);
#endif
#if READS > 8
        cells.read(value, 8);
#endif
#if READS > 9
        cells.read(value, 9);
#endif
#if READS > 10
        cells.read(value, 10);
#endif
#if READS > 11
        cells.read(value, 11);
#endif
#if READS > 12
        cells.read(value, 12);
#endif
#if READS > 13
        cells.read(value, 13);
#endif
#if READS > 14
        cells.read(value, 14);
#endif
#if READS > 15
        cells.read(value, 15);
#endif
        mark_to_drop(standard);
    }
}

control Leave(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard) { apply {} }
control Compute(inout headers_t hdr, inout metadata_t meta) { apply {} }
control Deparse(packet_out packet, in headers_t hdr) { apply {} }

V1Switch(Parse(), Verify(), Process(), Leave(), Compute(), Deparse()) main;
