// A count-min sketch with ROWS rows: each packet adds 1 to one cell of each, found by a hash of its flow.
//
//   cora predict examples/models/count_min.p4 -t agilio-cx -D ROWS=5

#include <core.p4>
#include <v1model.p4>
#include "headers.p4"

#ifndef ROWS
#define ROWS 4
#endif

#define CELLS 65536
#define FLOW hdr.ipv4.src, hdr.ipv4.dst, hdr.ports.src, hdr.ports.dst, hdr.ipv4.protocol

struct metadata_t {}

parser Parse(packet_in packet, out headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard) {
    state start {
        packet.extract(hdr.ethernet);
        transition select(hdr.ethernet.ethertype) {
            ETHERTYPE_IPV4: ipv4;
            default: accept;
        }
    }
    state ipv4 {
        packet.extract(hdr.ipv4);
        transition select(hdr.ipv4.protocol) {
            IP_TCP: ports;
            IP_UDP: ports;
            default: accept;
        }
    }
    state ports {
        packet.extract(hdr.ports);
        transition accept;
    }
}

control Verify(inout headers_t hdr, inout metadata_t meta) { apply {} }

// One row. The seed makes its hash another one than that of the other rows.
control Row(in headers_t hdr, in bit<8> seed) {
    register<bit<32>>(CELLS) cells;
    bit<32> index;
    bit<32> value;
    apply {
        hash(index, HashAlgorithm.crc32, 32w0, { FLOW, seed }, 32w65536);
        cells.read(value, index);
        cells.write(index, value + 1);
    }
}

control Process(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard) {
    Row() row_1;
#if ROWS > 1
    Row() row_2;
#endif
#if ROWS > 2
    Row() row_3;
#endif
#if ROWS > 3
    Row() row_4;
#endif
#if ROWS > 4
    Row() row_5;
#endif
#if ROWS > 5
    Row() row_6;
#endif
#if ROWS > 6
    Row() row_7;
#endif
#if ROWS > 7
    Row() row_8;
#endif
    apply {
        mark_to_drop(standard);
        if (hdr.ports.isValid()) {
            row_1.apply(hdr, 1);
#if ROWS > 1
            row_2.apply(hdr, 2);
#endif
#if ROWS > 2
            row_3.apply(hdr, 3);
#endif
#if ROWS > 3
            row_4.apply(hdr, 4);
#endif
#if ROWS > 4
            row_5.apply(hdr, 5);
#endif
#if ROWS > 5
            row_6.apply(hdr, 6);
#endif
#if ROWS > 6
            row_7.apply(hdr, 7);
#endif
#if ROWS > 7
            row_8.apply(hdr, 8);
#endif
        }
    }
}

control Leave(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard) { apply {} }
control Compute(inout headers_t hdr, inout metadata_t meta) { apply {} }

control Deparse(packet_out packet, in headers_t hdr) {
    apply {
        packet.emit(hdr.ethernet);
        packet.emit(hdr.ipv4);
        packet.emit(hdr.ports);
    }
}

V1Switch(Parse(), Verify(), Process(), Leave(), Compute(), Deparse()) main;
