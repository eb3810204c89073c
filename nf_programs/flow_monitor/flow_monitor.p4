// Flow monitor: a bump in the wire that keeps a record of each flow and exports it by digest, as NetFlow and IPFIX do.
//
// A flow is one direction of a conversation: addresses, ports, protocol. Its record is in one cell of a cache; a hash
// of the flow names two cells that it may be in. The cell holds the whole key, so two flows are never mixed up.
//
//   packet --> cell of its own?                     count it; export if the flow ends or has been active for long
//              no, but one is free or long idle?    export the idle flow's record, begin a new one
//              both are busy?                       count it as untracked
//
// Nothing is lost without a trace: a record leaves the cache only by a digest. No packet is changed. See README.md.

#include <core.p4>
#include <pna.p4>

// Cells of the cache, for all protocols together.
#ifndef CELLS
#define CELLS 65536
#endif

const bit<16> ETHERTYPE_IPV4 = 0x0800;
const bit<16> ETHERTYPE_IPV6 = 0x86dd;

const bit<8> IP_ICMP = 1;
const bit<8> IP_TCP = 6;
const bit<8> IP_UDP = 17;
const bit<8> IP_ICMPV6 = 58;

const bit<8> TCP_FIN = 0x01;
const bit<8> TCP_RST = 0x04;

// The first 96 bits of an IPv4 address as IPv6 writes it (RFC 4291, 2.5.5.2).
const bit<96> IPV4_MAPPED = 0xffff;

// Why a record was exported: part of the record, and the index into the counter `exports`.
const bit<8> EXPORT_NONE = 0;
const bit<8> EXPORT_ENDED = 1;  // FIN or RST
const bit<8> EXPORT_ACTIVE = 2; // the flow goes on, but its record has grown old
const bit<8> EXPORT_IDLE = 3;   // another flow takes the cell

// Why a packet is in no record: the index into the counter `untracked`.
const bit<8> UNTRACKED_MALFORMED = 0;
const bit<8> UNTRACKED_NOT_IP = 1;
const bit<8> UNTRACKED_NO_PORTS = 2;  // fragments, IPv4 options, IPv6 extension headers
const bit<8> UNTRACKED_NO_CACHE = 3;  // `caches` has no entry for the protocol
const bit<8> UNTRACKED_EXHAUSTED = 4; // both cells belong to flows that are not idle

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

header tcp_h {
    bit<16> sport;
    bit<16> dport;
    bit<32> seq;
    bit<32> ack;
    bit<4>  data_offset;
    bit<4>  reserved;
    bit<8>  flags;
    bit<16> window;
    bit<16> checksum;
    bit<16> urgent;
}

header udp_h {
    bit<16> sport;
    bit<16> dport;
    bit<16> length;
    bit<16> checksum;
}

header icmp_h {
    bit<8>  kind;
    bit<8>  code;
    bit<16> checksum;
}

struct headers_t {
    ethernet_h ethernet;
    ipv4_h     ipv4;
    ipv6_h     ipv6;
    tcp_h      tcp;
    udp_h      udp;
    icmp_h     icmp;
}

// A record: which flow, and what was seen of it. `packets` is 0 in a cell that nobody needs: one that was never used,
// or whose record has just been exported.
struct flow_t {
    bit<128> src;
    bit<128> dst;
    bit<16>  sport;
    bit<16>  dport;
    bit<8>   protocol;
    bit<8>   flags;   // all TCP flags that were set in any packet
    bit<32>  packets;
    bit<64>  bytes;   // of IP packets, headers included
    bit<64>  first;   // when the first and the last packet came, in ns
    bit<64>  last;
}

// What the collector gets: the record, and why now.
struct export_t {
    bit<8> reason;
    flow_t flow;
}

struct meta_t {
    bool     tracked;
    bit<8>   why_not;
    bit<8>   class;      // the key of `caches`
    bit<128> src;
    bit<128> dst;
    bit<16>  sport;
    bit<16>  dport;
    bit<8>   protocol;
    bit<8>   flags;
    bit<64>  bytes;

    PortId_t egress;
    bit<16>  first_cell;
    bit<16>  cell_mask;
    bit<64>  idle_ns;
    bit<64>  active_ns;
    bit<32>  cell;
    flow_t   flow;       // what is in the cell
    bool     exhausted;
}

parser MainParser(
    packet_in pkt,
    out   headers_t hdr,
    inout meta_t m,
    in    pna_main_parser_input_metadata_t istd)
{
    state start {
        m.tracked = false;
        m.why_not = UNTRACKED_NOT_IP;
        m.sport = 0;
        m.dport = 0;
        m.flags = 0;
        m.exhausted = false;
        pkt.extract(hdr.ethernet);
        transition select(hdr.ethernet.ethertype) {
            ETHERTYPE_IPV4: parse_ipv4;
            ETHERTYPE_IPV6: parse_ipv6;
            default: accept;
        }
    }

    state parse_ipv4 {
        pkt.extract(hdr.ipv4);
        m.why_not = UNTRACKED_NO_PORTS;
        m.src = IPV4_MAPPED ++ hdr.ipv4.src;
        m.dst = IPV4_MAPPED ++ hdr.ipv4.dst;
        m.protocol = hdr.ipv4.protocol;
        m.bytes = (bit<64>) hdr.ipv4.length;
        transition select(hdr.ipv4.version, hdr.ipv4.ihl, hdr.ipv4.more_fragments, hdr.ipv4.offset,
                          hdr.ipv4.protocol) {
            (4, 5, 0, 0, IP_TCP): parse_tcp;
            (4, 5, 0, 0, IP_UDP): parse_udp;
            (4, 5, 0, 0, IP_ICMP): parse_icmp;
            (4, 5, 0, 0, _): parse_other;
            default: accept;
        }
    }

    state parse_ipv6 {
        pkt.extract(hdr.ipv6);
        m.why_not = UNTRACKED_NO_PORTS;
        m.src = hdr.ipv6.src;
        m.dst = hdr.ipv6.dst;
        m.protocol = hdr.ipv6.next_header;
        m.bytes = 40 + (bit<64>) hdr.ipv6.payload_length;
        transition select(hdr.ipv6.version, hdr.ipv6.next_header) {
            (6, IP_TCP): parse_tcp;
            (6, IP_UDP): parse_udp;
            (6, IP_ICMPV6): parse_icmp;
            (6, 0): accept;  // hop-by-hop options
            (6, 43): accept; // routing
            (6, 44): accept; // fragment
            (6, 51): accept; // authentication
            (6, 60): accept; // destination options
            (6, _): parse_other;
            default: accept;
        }
    }

    state parse_tcp {
        pkt.extract(hdr.tcp);
        m.tracked = true;
        m.class = IP_TCP;
        m.sport = hdr.tcp.sport;
        m.dport = hdr.tcp.dport;
        m.flags = hdr.tcp.flags;
        transition accept;
    }

    state parse_udp {
        pkt.extract(hdr.udp);
        m.tracked = true;
        m.class = IP_UDP;
        m.sport = hdr.udp.sport;
        m.dport = hdr.udp.dport;
        transition accept;
    }

    // Type and code are where ports would be, as in NetFlow's records.
    state parse_icmp {
        pkt.extract(hdr.icmp);
        m.tracked = true;
        m.class = IP_ICMP;
        m.dport = hdr.icmp.kind ++ hdr.icmp.code;
        transition accept;
    }

    state parse_other {
        m.tracked = true;
        m.class = 0;
        transition accept;
    }
}

control MainControl(
    inout headers_t hdr,
    inout meta_t m,
    in    pna_main_input_metadata_t istd,
    inout pna_main_output_metadata_t ostd)
{
    Register<flow_t, bit<32>>(CELLS) flows;

    Counter<bit<64>, bit<8>>(8, PNA_CounterType_t.PACKETS) untracked;
    Counter<bit<64>, bit<8>>(4, PNA_CounterType_t.PACKETS) exports;
    Counter<bit<64>, bit<8>>(1, PNA_CounterType_t.PACKETS) no_way;

    Hash<bit<32>>(PNA_HashAlgorithm_t.CRC32) flow_hash;
    Digest<export_t>() collector;

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

    action cache(bit<16> first_cell, bit<16> cell_mask, bit<64> idle_ns, bit<64> active_ns) {
        m.first_cell = first_cell;
        m.cell_mask = cell_mask;
        m.idle_ns = idle_ns;
        m.active_ns = active_ns;
    }

    action no_cache() {
        m.tracked = false;
        m.why_not = UNTRACKED_NO_CACHE;
    }

    // The part of the cache that a protocol has: cells first_cell + 0 .. cell_mask, which is a power of two less one.
    // So a flood of pings takes no cell from TCP.
    table caches {
        key = {
            m.class: exact @name("protocol");
        }
        actions = {
            cache;
            @defaultonly no_cache;
        }
        const default_action = no_cache;
        size = 8;
    }

    // ---------------------------------------------------------------- records

    action export(in bit<8> reason, in flow_t flow) {
        collector.pack({ reason, flow });
        exports.count(reason);
    }

    // Finds the packet's cell, or one that it may have. A flow that has to go is exported.
    action find() {
        bit<64> now = (bit<64>) istd.timestamp;
        bit<32> hash = flow_hash.get_hash({ m.src, m.dst, m.sport, m.dport, m.protocol });
        bit<32> one = 16w0 ++ (m.first_cell + (hash[15:0] & m.cell_mask));
        bit<32> two = 16w0 ++ (m.first_cell + (hash[31:16] & m.cell_mask));
        m.cell = one;
        m.flow = flows.read(one);
        if (m.flow.packets == 0 || m.flow.src != m.src || m.flow.dst != m.dst || m.flow.sport != m.sport
                || m.flow.dport != m.dport || m.flow.protocol != m.protocol) {
            flow_t other = flows.read(two);
            if (other.packets != 0 && other.src == m.src && other.dst == m.dst && other.sport == m.sport
                    && other.dport == m.dport && other.protocol == m.protocol) {
                m.cell = two;
                m.flow = other;
            } else if (m.flow.packets != 0 && now - m.flow.last <= m.idle_ns) {
                // The first cell is taken.
                m.cell = two;
                m.flow = other;
                if (other.packets != 0) {
                    if (now - other.last <= m.idle_ns) {
                        m.exhausted = true;
                    } else {
                        export(EXPORT_IDLE, other);
                        m.flow.packets = 0;
                    }
                }
            } else if (m.flow.packets != 0) {
                export(EXPORT_IDLE, m.flow);
                m.flow.packets = 0;
            }
        }
    }

    // Adds the packet to the record in its cell; a record of no packets begins anew.
    action record() {
        bit<64> now = (bit<64>) istd.timestamp;
        if (m.flow.packets == 0) {
            m.flow = { m.src, m.dst, m.sport, m.dport, m.protocol, 0, 0, 0, now, now };
        }
        m.flow.flags = m.flow.flags | m.flags;
        m.flow.packets = m.flow.packets + 1;
        m.flow.bytes = m.flow.bytes + m.bytes;
        m.flow.last = now;
        bit<8> reason = EXPORT_NONE;
        if (m.flags & (TCP_FIN | TCP_RST) != 0) {
            reason = EXPORT_ENDED;
        } else if (now - m.flow.first > m.active_ns) {
            reason = EXPORT_ACTIVE;
        }
        if (reason != EXPORT_NONE) {
            export(reason, m.flow);
            m.flow.packets = 0;
        }
        flows.write(m.cell, m.flow);
    }

    // ---------------------------------------------------------------- a packet's way

    apply {
        interfaces.apply();
        send_to_port(m.egress);
        if (istd.parser_error != error.NoError) {
            m.tracked = false;
            m.why_not = UNTRACKED_MALFORMED;
        }
        if (m.tracked) {
            caches.apply();
        }
        if (m.tracked) {
            find();
            if (m.exhausted) {
                untracked.count(UNTRACKED_EXHAUSTED);
            } else {
                record();
            }
        } else {
            untracked.count(m.why_not);
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
        pkt.emit(hdr.tcp);
        pkt.emit(hdr.udp);
        pkt.emit(hdr.icmp);
    }
}

PNA_NIC(MainParser(), MainControl(), MainDeparser()) main;
