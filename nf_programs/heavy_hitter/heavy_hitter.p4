// Heavy hitters: a bump in the wire that reports, once in each interval, every flow that sends more than a threshold.
//
// Bytes are counted in a count-min sketch (Cormode and Muthukrishnan, 2005): three rows, each with a hash of its own. A
// packet adds its bytes to one cell of each row; the smallest of the three is never less than what the flow has sent,
// and more only if the flow shares all three cells with others.
//
// A cell only ever grows. What it had when the interval began is its mark, set by the interval's first packet: so
// no one has to clear the sketch, and adding is an atomic operation everywhere. See README.md.

#include <core.p4>
#include <pna.p4>

// An interval has 2^INTERVAL_SHIFT ns: 1.07 s.
#ifndef INTERVAL_SHIFT
#define INTERVAL_SHIFT 30
#endif

#define CELLS 65536

const bit<16> ETHERTYPE_IPV4 = 0x0800;
const bit<16> ETHERTYPE_IPV6 = 0x86dd;

const bit<8> IP_TCP = 6;
const bit<8> IP_UDP = 17;

// The first 96 bits of an IPv4 address as IPv6 writes it (RFC 4291, 2.5.5.2).
const bit<96> IPV4_MAPPED = 0xffff;

// What became of a packet: the index into the counter `packets_seen`.
const bit<8> SEEN_LIGHT = 0;
const bit<8> SEEN_HEAVY = 1;    // its flow has been reported already
const bit<8> SEEN_REPORTED = 2; // it took the flow over the threshold
const bit<8> SEEN_UNWATCHED = 3; // `watches` has no entry for it
const bit<8> SEEN_NO_FLOW = 4;  // not IP, fragments, IPv4 options, broken headers

header ethernet_h {
    bit<48> dst;
    bit<48> src;
    bit<16> ethertype;
}

header ipv4_h {
    bit<4>  version;
    bit<4>  ihl;
    bit<8>  tos;
    bit<16> length;
    bit<16> id;
    bit<1>  reserved;
    bit<1>  dont_fragment;
    bit<1>  more_fragments;
    bit<13> offset;
    bit<8>  ttl;
    bit<8>  protocol;
    bit<16> checksum;
    bit<32> src;
    bit<32> dst;
}

header ipv6_h {
    bit<4>   version;
    bit<8>   traffic_class;
    bit<20>  flow_label;
    bit<16>  payload_length;
    bit<8>   next_header;
    bit<8>   hop_limit;
    bit<128> src;
    bit<128> dst;
}

// TCP and UDP begin alike.
header ports_h {
    bit<16> sport;
    bit<16> dport;
}

struct headers_t {
    ethernet_h ethernet;
    ipv4_h     ipv4;
    ipv6_h     ipv6;
    ports_h    ports;
}

// What a cell had when an interval began, and which interval: 62 - INTERVAL_SHIFT bits are enough until 2116.
struct mark_t {
    bit<64> interval;
    bit<64> bytes;
}

// What the control plane gets.
struct report_t {
    bit<128> src;
    bit<128> dst;
    bit<16>  sport;
    bit<16>  dport;
    bit<8>   protocol;
    bit<64>  interval;
    bit<64>  bytes;
}

struct meta_t {
    bool     is_flow;
    bit<128> src;
    bit<128> dst;
    bit<16>  sport;
    bit<16>  dport;
    bit<8>   protocol;
    bit<64>  bytes;

    PortId_t egress;
    bool     watched;
    bit<64>  threshold;
    bit<64>  interval;
    bit<64>  estimate;
}

parser MainParser(
    packet_in pkt,
    out   headers_t hdr,
    inout meta_t m,
    in    pna_main_parser_input_metadata_t istd)
{
    state start {
        m.is_flow = false;
        m.watched = false;
        m.sport = 0;
        m.dport = 0;
        pkt.extract(hdr.ethernet);
        transition select(hdr.ethernet.ethertype) {
            ETHERTYPE_IPV4: parse_ipv4;
            ETHERTYPE_IPV6: parse_ipv6;
            default: accept;
        }
    }

    state parse_ipv4 {
        pkt.extract(hdr.ipv4);
        m.src = IPV4_MAPPED ++ hdr.ipv4.src;
        m.dst = IPV4_MAPPED ++ hdr.ipv4.dst;
        m.protocol = hdr.ipv4.protocol;
        m.bytes = (bit<64>) hdr.ipv4.length;
        transition select(hdr.ipv4.version, hdr.ipv4.ihl, hdr.ipv4.more_fragments, hdr.ipv4.offset) {
            (4, 5, 0, 0): parse_transport;
            default: accept;
        }
    }

    // Of what is behind an extension header, the flow is known by addresses alone.
    state parse_ipv6 {
        pkt.extract(hdr.ipv6);
        m.src = hdr.ipv6.src;
        m.dst = hdr.ipv6.dst;
        m.protocol = hdr.ipv6.next_header;
        m.bytes = 40 + (bit<64>) hdr.ipv6.payload_length;
        transition select(hdr.ipv6.version) {
            6: parse_transport;
            default: accept;
        }
    }

    state parse_transport {
        m.is_flow = true;
        transition select(m.protocol) {
            IP_TCP: parse_ports;
            IP_UDP: parse_ports;
            default: accept;
        }
    }

    state parse_ports {
        pkt.extract(hdr.ports);
        m.sport = hdr.ports.sport;
        m.dport = hdr.ports.dport;
        transition accept;
    }
}

control MainControl(
    inout headers_t hdr,
    inout meta_t m,
    in    pna_main_input_metadata_t istd,
    inout pna_main_output_metadata_t ostd)
{
    // The sketch. Of CRC-32, both halves serve: they are as good as two hashes. One CRC with different salts would not
    // be: what collides with one salt collides with all of them.
    Register<bit<64>, bit<32>>(CELLS, 0) row_low;
    Register<bit<64>, bit<32>>(CELLS, 0) row_high;
    Register<bit<64>, bit<32>>(CELLS, 0) row_crc16;
    Register<mark_t, bit<32>>(CELLS) marks_low;
    Register<mark_t, bit<32>>(CELLS) marks_high;
    Register<mark_t, bit<32>>(CELLS) marks_crc16;

    // A Bloom filter of the flows that were reported: the interval of the last report, in two cells. They only
    // receive the current interval, so they never go back.
    Register<bit<64>, bit<32>>(CELLS, 0) reported_high;
    Register<bit<64>, bit<32>>(CELLS, 0) reported_crc16;

    Counter<bit<64>, bit<8>>(8, PNA_CounterType_t.PACKETS) packets_seen;
    Counter<bit<64>, bit<8>>(1, PNA_CounterType_t.PACKETS) no_way;

    Hash<bit<32>>(PNA_HashAlgorithm_t.CRC32) crc32;
    Hash<bit<16>>(PNA_HashAlgorithm_t.CRC16) crc16;
    Digest<report_t>() heavy_hitters;

    // ---------------------------------------------------------------- configuration

    action forward_to(PortId_t port) {
        m.egress = port;
    }

    action no_interface() {
        no_way.count(0);
        drop_packet();
        exit;
    }

    // Where packets that came in by a port leave.
    table interfaces {
        key = {
            istd.input_port: exact @name("port");
        }
        actions = {
            forward_to;
            @defaultonly no_interface;
        }
        const default_action = no_interface;
        size = 64;
    }

    action watch(bit<64> threshold) {
        m.watched = true;
        m.threshold = threshold;
    }

    action ignore() {
    }

    // Which traffic is watched, and how many bytes in an interval make a flow heavy.
    table watches {
        key = {
            istd.input_port: ternary @name("port");
            m.protocol: ternary @name("protocol");
            m.dst: ternary @name("destination");
        }
        actions = {
            watch;
            ignore;
        }
        default_action = ignore();
        size = 64;
    }

    // ---------------------------------------------------------------- the sketch

    action count_low(in bit<32> cell) {
        bit<64> before = row_low.read(cell);
        row_low.write(cell, before + m.bytes);
        mark_t mark = marks_low.read(cell);
        if (mark.interval != m.interval) {
            marks_low.write(cell, { m.interval, before });
            mark.bytes = before;
        }
        m.estimate = before + m.bytes - mark.bytes;
    }

    action count_high(in bit<32> cell) {
        bit<64> before = row_high.read(cell);
        row_high.write(cell, before + m.bytes);
        mark_t mark = marks_high.read(cell);
        if (mark.interval != m.interval) {
            marks_high.write(cell, { m.interval, before });
            mark.bytes = before;
        }
        bit<64> estimate = before + m.bytes - mark.bytes;
        m.estimate = estimate < m.estimate ? estimate : m.estimate;
    }

    action count_crc16(in bit<32> cell) {
        bit<64> before = row_crc16.read(cell);
        row_crc16.write(cell, before + m.bytes);
        mark_t mark = marks_crc16.read(cell);
        if (mark.interval != m.interval) {
            marks_crc16.write(cell, { m.interval, before });
            mark.bytes = before;
        }
        bit<64> estimate = before + m.bytes - mark.bytes;
        m.estimate = estimate < m.estimate ? estimate : m.estimate;
    }

    // ---------------------------------------------------------------- a packet's way

    apply {
        interfaces.apply();
        send_to_port(m.egress);
        if (m.is_flow && istd.parser_error == error.NoError) {
            watches.apply();
            if (m.watched) {
                bit<32> hash = crc32.get_hash({ m.src, m.dst, m.sport, m.dport, m.protocol });
                bit<16> other = crc16.get_hash({ m.src, m.dst, m.sport, m.dport, m.protocol });
                bit<32> low = 16w0 ++ hash[15:0];
                bit<32> high = 16w0 ++ hash[31:16];
                bit<32> third = 16w0 ++ other;
                // One more, so that no interval is 0, which a cell has that was never used.
                m.interval = ((bit<64>) istd.timestamp >> INTERVAL_SHIFT) + 1;
                count_low(low);
                count_high(high);
                count_crc16(third);
                if (m.estimate > m.threshold) {
                    if (reported_high.read(high) == m.interval && reported_crc16.read(third) == m.interval) {
                        packets_seen.count(SEEN_HEAVY);
                    } else {
                        reported_high.write(high, m.interval);
                        reported_crc16.write(third, m.interval);
                        heavy_hitters.pack({ m.src, m.dst, m.sport, m.dport, m.protocol, m.interval, m.estimate });
                        packets_seen.count(SEEN_REPORTED);
                    }
                } else {
                    packets_seen.count(SEEN_LIGHT);
                }
            } else {
                packets_seen.count(SEEN_UNWATCHED);
            }
        } else {
            packets_seen.count(SEEN_NO_FLOW);
        }
    }
}

control MainDeparser(
    packet_out pkt,
    inout headers_t hdr,
    in    meta_t m,
    in    pna_main_output_metadata_t ostd)
{
    apply {
        pkt.emit(hdr.ethernet);
        pkt.emit(hdr.ipv4);
        pkt.emit(hdr.ipv6);
        pkt.emit(hdr.ports);
    }
}

PNA_NIC(MainParser(), MainControl(), MainDeparser()) main;
