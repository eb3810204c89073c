// Growing and shrinking packets: an outer header is put in front or taken away, the payload stays as it is.
#include <core.p4>
#include <v1model.p4>
header eth_t { bit<48> dst; bit<48> src; bit<16> type; }
header tun_t { bit<16> id; bit<16> proto; bit<32> len; }
header ip_t { bit<8> ttl; bit<8> proto; }
struct headers_t { eth_t outer; tun_t tun; eth_t eth; ip_t ip; }
struct meta_t { bit<8> x; }

parser Parse(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    state start {
        pkt.extract(hdr.eth);
        transition select(hdr.eth.type) {
            0x1111: ip;
            0x2222: tunnel;
            default: accept;
        }
    }
    state tunnel {
        hdr.outer = hdr.eth;
        pkt.extract(hdr.tun);
        pkt.extract(hdr.eth);
        transition select(hdr.eth.type) { 0x1111: ip; default: accept; }
    }
    state ip { pkt.extract(hdr.ip); transition accept; }
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        if (hdr.tun.isValid()) {
            hdr.outer.setInvalid();
            hdr.tun.setInvalid();
            if (hdr.ip.isValid()) { hdr.ip.ttl = hdr.ip.ttl - 1; }
        } else if (hdr.ip.isValid()) {
            hdr.outer = { 0x0A0A0A0A0A0A, hdr.eth.dst, 0x2222 };
            hdr.tun = { 7, 0x1111, std.packet_length - 14 };
        }
    }
}
#include "v1_end.p4"
