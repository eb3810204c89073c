// Answers for a server behind the card: packets to its address go back to where they came from, with the MAC
// addresses exchanged, unless the sender is on a list. Nothing in it needs time or keeps state, so all of it fits the
// XDP offload of the nfp driver.

#include <core.p4>
#include <pna.p4>

header ethernet_h {
    bit<48> dst;
    bit<48> src;
    bit<16> ethertype;
}

header ipv4_h {
    bit<64> head;
    bit<32> rest;
    bit<32> src;
    bit<32> dst;
}

struct headers_t {
    ethernet_h ethernet;
    ipv4_h     ipv4;
}

struct meta_t {
    bit<8> reason;
}

parser MainParser(packet_in pkt, out headers_t hdr, inout meta_t m, in pna_main_parser_input_metadata_t istd) {
    state start {
        pkt.extract(hdr.ethernet);
        transition select(hdr.ethernet.ethertype) {
            0x0800: parse_ipv4;
            default: accept;
        }
    }

    state parse_ipv4 {
        pkt.extract(hdr.ipv4);
        transition accept;
    }
}

control MainControl(
    inout headers_t hdr, inout meta_t m, in pna_main_input_metadata_t istd, inout pna_main_output_metadata_t ostd)
{
    Counter<bit<64>, bit<8>>(4, PNA_CounterType_t.PACKETS) drops;

    action block(bit<8> reason) {
        m.reason = reason;
        drops.count(reason);
        drop_packet();
    }

    action answer() {
        bit<48> sender = hdr.ethernet.src;
        hdr.ethernet.src = hdr.ethernet.dst;
        hdr.ethernet.dst = sender;
        send_to_port(istd.input_port);
    }

    table senders {
        key = {
            hdr.ipv4.src: exact @name("address");
        }
        actions = {
            block;
            answer;
        }
        default_action = answer();
        size = 1024;
    }

    apply {
        if (hdr.ipv4.isValid()) {
            senders.apply();
        } else {
            drops.count(0);
            drop_packet();
        }
    }
}

control MainDeparser(packet_out pkt, inout headers_t hdr, in meta_t m, in pna_main_output_metadata_t ostd) {
    apply {
        pkt.emit(hdr.ethernet);
        pkt.emit(hdr.ipv4);
    }
}

PNA_NIC(MainParser(), MainControl(), MainDeparser()) main;
