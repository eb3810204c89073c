// DDoS mitigation for IPv4: packets of each source are counted; who sends too many has to answer, who sends far too many
// is blocked for a while.
//
//   packet --> blocked? --yes--> dropped
//                 | no
//                 v
//          one more of its source in this window --> above `block`: dropped, and the source is blocked
//                 |                             --> up to `suspect`: passes
//                 v
//          a suspect --> on the allowlist: passes
//                    --> TCP: a SYN is answered with a cookie; who sends it back is put on the allowlist
//                    --> UDP: the first packet of a flow is dropped, what follows passes
//                    --> all else: dropped
//
// Packets are counted in a count-min sketch (Cormode and Muthukrishnan, 2005) with cells for two windows in turn. A cookie
// is 27 bits of HalfSipHash-2-4 over addresses, ports, the client's sequence number and the time slot, with a key that the
// control plane sets; then the slot (5 bits). See README.md.

#include <core.p4>
#include <pna.p4>

// Entries of each of the two lists.
#ifndef SOURCES
#define SOURCES 65536
#endif

// A window has 2^WINDOW_SHIFT ns: 1.07 s.
#ifndef WINDOW_SHIFT
#define WINDOW_SHIFT 30
#endif

// A row of the sketch has 2^ROW_BITS cells for each of two windows; `first_seen` as many for flows. At most 16.
#ifndef ROW_BITS
#define ROW_BITS 16
#endif

const bit<16> ETHERTYPE_IPV4 = 0x0800;
const bit<16> ETHERTYPE_ARP = 0x0806;
const bit<16> ETHERTYPE_IPV6 = 0x86dd;

const bit<8> IP_TCP = 6;
const bit<8> IP_UDP = 17;

const bit<8> TCP_FIN = 0x01;
const bit<8> TCP_SYN = 0x02;
const bit<8> TCP_RST = 0x04;
const bit<8> TCP_ACK = 0x10;

// How long a source is on a list, in nf.yaml.
const ExpireTimeProfileId_t PROFILE_BLOCKED = (ExpireTimeProfileId_t) 0;
const ExpireTimeProfileId_t PROFILE_ALLOWED = (ExpireTimeProfileId_t) 1;

// What isn't IPv4, as the key of `policy`.
const bit<8> TRAFFIC_IPV6 = 0;
const bit<8> TRAFFIC_ARP = 1;
const bit<8> TRAFFIC_OTHER = 2;

// What became of a packet: the index into the counter `verdicts`. Passed:
const bit<8> VERDICT_FROM_SERVERS = 0;
const bit<8> VERDICT_UNGUARDED = 1;    // `guards` says so, or has no row for it
const bit<8> VERDICT_LIGHT = 2;        // its source isn't suspect
const bit<8> VERDICT_ALLOWED = 3;      // a suspect on the allowlist
const bit<8> VERDICT_REPEATED = 4;     // UDP of a suspect, not the first of its flow
const bit<8> VERDICT_POLICY = 5;       // not IPv4
// Answered:
const bit<8> VERDICT_CHALLENGED = 6;   // a SYN, with a cookie
const bit<8> VERDICT_PROVEN = 7;       // the cookie, with a reset: the source is on the allowlist now
// Dropped:
const bit<8> VERDICT_BLOCKED = 8;      // its source is on the blocklist
const bit<8> VERDICT_CAUGHT = 9;       // it took its source over `block`
const bit<8> VERDICT_FIRST = 10;       // UDP of a suspect, the first of its flow
const bit<8> VERDICT_UNPROVEN = 11;    // TCP of a suspect, without a right cookie
const bit<8> VERDICT_OVER = 12;        // of a suspect, of a kind that can't be challenged
const bit<8> VERDICT_LIST_FULL = 13;
const bit<8> VERDICT_MALFORMED = 14;
const bit<8> VERDICT_NO_INTERFACE = 15;
const bit<8> VERDICT_REFUSED = 16;     // not IPv4

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

// Options are payload here.
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

struct headers_t {
    ethernet_h ethernet;
    ipv4_h     ipv4;
    tcp_h      tcp;
    udp_h      udp;
}

// A cell of the sketch: packets in a window.
struct cell_t {
    bit<32> window;
    bit<32> packets;
}

struct meta_t {
    bit<8>   traffic;
    bool     from_clients;
    PortId_t egress;

    bool     guarded;       // by `guards`
    bit<8>   group;
    bit<32>  suspect;
    bit<32>  block;
    bit<32>  key0;
    bit<32>  key1;

    bit<32>  window;
    bit<32>  estimate;      // the source's packets in this window or in the last one
    bool     listing;       // a list is asked so that it takes the source up
    bool     listed;
}

struct listed_params_t {
    bit<32> window;
}

parser MainParser(
    packet_in pkt,
    out   headers_t hdr,
    inout meta_t m,
    in    pna_main_parser_input_metadata_t istd)
{
    state start {
        m.traffic = TRAFFIC_OTHER;
        m.guarded = false;
        m.listing = false;
        m.listed = false;
        pkt.extract(hdr.ethernet);
        transition select(hdr.ethernet.ethertype) {
            ETHERTYPE_IPV4: parse_ipv4;
            ETHERTYPE_IPV6: parse_ipv6;
            ETHERTYPE_ARP: parse_arp;
            default: accept;
        }
    }

    state parse_ipv6 {
        m.traffic = TRAFFIC_IPV6;
        transition accept;
    }

    state parse_arp {
        m.traffic = TRAFFIC_ARP;
        transition accept;
    }

    // Fragments, and packets with IPv4 options, are known by addresses and protocol alone.
    state parse_ipv4 {
        pkt.extract(hdr.ipv4);
        transition select(hdr.ipv4.ihl, hdr.ipv4.more_fragments, hdr.ipv4.offset, hdr.ipv4.protocol) {
            (5, 0, 0, IP_TCP): parse_tcp;
            (5, 0, 0, IP_UDP): parse_udp;
            default: accept;
        }
    }

    state parse_tcp {
        pkt.extract(hdr.tcp);
        transition accept;
    }

    state parse_udp {
        pkt.extract(hdr.udp);
        transition accept;
    }
}

// One round of HalfSipHash (Aumasson and Bernstein).
void sip_round(inout bit<32> v0, inout bit<32> v1, inout bit<32> v2, inout bit<32> v3) {
    v0 = v0 + v1;
    v1 = (v1[26:0] ++ v1[31:27]) ^ v0;
    v0 = v0[15:0] ++ v0[31:16];
    v2 = v2 + v3;
    v3 = (v3[23:0] ++ v3[31:24]) ^ v2;
    v0 = v0 + v3;
    v3 = (v3[24:0] ++ v3[31:25]) ^ v0;
    v2 = v2 + v1;
    v1 = (v1[18:0] ++ v1[31:19]) ^ v2;
    v2 = v2[15:0] ++ v2[31:16];
}

void sip_word(in bit<32> word, inout bit<32> v0, inout bit<32> v1, inout bit<32> v2, inout bit<32> v3) {
    v3 = v3 ^ word;
    sip_round(v0, v1, v2, v3);
    sip_round(v0, v1, v2, v3);
    v0 = v0 ^ word;
}

control MainControl(
    inout headers_t hdr,
    inout meta_t m,
    in    pna_main_input_metadata_t istd,
    inout pna_main_output_metadata_t ostd)
{
    // The sketch. Of CRC-32, both halves serve: they are as good as two hashes. Even windows have the lower half of a row's
    // cells, odd ones the upper half: a window begins with cells that nobody asks for the last one.
    Register<cell_t, bit<32>>(1 << (ROW_BITS + 1)) row_low;
    Register<cell_t, bit<32>>(1 << (ROW_BITS + 1)) row_high;
    Register<cell_t, bit<32>>(1 << (ROW_BITS + 1)) row_crc16;

    // The last window in which a suspect's UDP flow was seen.
    Register<bit<32>, bit<32>>(1 << ROW_BITS, 0) first_seen;

    Counter<bit<64>, bit<8>>(32, PNA_CounterType_t.PACKETS) verdicts;

    Hash<bit<32>>(PNA_HashAlgorithm_t.CRC32) crc32;
    Hash<bit<16>>(PNA_HashAlgorithm_t.CRC16) crc16;
    InternetChecksum() checksum;

    // Counts and ends the packet.
    action discard(in bit<8> verdict) {
        verdicts.count(verdict);
        drop_packet();
        exit;
    }

    action pass(in bit<8> verdict) {
        verdicts.count(verdict);
        send_to_port(m.egress);
    }

    // ---------------------------------------------------------------- configuration

    action clients(PortId_t port) {
        m.from_clients = true;
        m.egress = port;
    }

    action servers(PortId_t port) {
        m.from_clients = false;
        m.egress = port;
    }

    action no_interface() {
        discard(VERDICT_NO_INTERFACE);
    }

    // Which side a port is on, and where its packets leave.
    table interfaces {
        key = {
            istd.input_port: exact @name("port");
        }
        actions = {
            clients;
            servers;
            @defaultonly no_interface;
        }
        const default_action = no_interface;
        size = 64;
    }

    action guard(bit<8> group, bit<32> suspect, bit<32> block, bit<32> key0, bit<32> key1) {
        m.guarded = true;
        m.group = group;
        m.suspect = suspect;
        m.block = block;
        m.key0 = key0;
        m.key1 = key1;
    }

    action ignore() {
    }

    // What is guarded, and how many packets in a window make a source a suspect, or blocked. Packets of one source are
    // counted for each group by itself.
    table guards {
        key = {
            hdr.ipv4.dst: ternary @name("destination");
            hdr.ipv4.protocol: ternary @name("protocol");
        }
        actions = {
            guard;
            ignore;
        }
        default_action = ignore();
        size = 256;
    }

    action let_through() {
        pass(VERDICT_POLICY);
    }

    action refuse() {
        discard(VERDICT_REFUSED);
    }

    // What to do with what isn't IPv4.
    table policy {
        key = {
            m.traffic: exact @name("traffic");
        }
        actions = {
            let_through;
            refuse;
        }
        default_action = refuse();
        size = 16;
    }

    // ---------------------------------------------------------------- the lists

    // An entry tells since which window. Nothing restarts its timer: a list is left when the time is over.
    action blocked(bit<32> window) {
        m.listed = true;
    }

    action not_blocked() {
        if (m.listing && add_entry("blocked", (listed_params_t) { window = m.window }, PROFILE_BLOCKED)
                != ADD_ENTRY_SUCCESS) {
            discard(VERDICT_LIST_FULL);
        }
    }

    table blocklist {
        key = {
            hdr.ipv4.src: exact @name("source");
        }
        actions = {
            @tableonly blocked;
            @defaultonly not_blocked;
        }
        const default_action = not_blocked;
        add_on_miss = true;
        pna_idle_timeout = PNA_IdleTimeout_t.AUTO_DELETE;
        size = SOURCES;
    }

    action allowed(bit<32> window) {
        m.listed = true;
    }

    action not_allowed() {
        if (m.listing && add_entry("allowed", (listed_params_t) { window = m.window }, PROFILE_ALLOWED)
                != ADD_ENTRY_SUCCESS) {
            discard(VERDICT_LIST_FULL);
        }
    }

    table allowlist {
        key = {
            hdr.ipv4.src: exact @name("source");
        }
        actions = {
            @tableonly allowed;
            @defaultonly not_allowed;
        }
        const default_action = not_allowed;
        add_on_miss = true;
        pna_idle_timeout = PNA_IdleTimeout_t.AUTO_DELETE;
        size = SOURCES;
    }

    // ---------------------------------------------------------------- the sketch

    // This packet and those before in its cell, or those of the last window if they were more.
    action packets_of(in cell_t now, in cell_t before, out bit<32> counted, out bit<32> most) {
        counted = (now.window == m.window ? now.packets : 0) + 1;
        most = before.window + 1 == m.window && before.packets > counted ? before.packets : counted;
    }

    action count_low(in bit<32> cell, in bit<32> other) {
        bit<32> counted;
        bit<32> most;
        packets_of(row_low.read(cell), row_low.read(other), counted, most);
        row_low.write(cell, { m.window, counted });
        m.estimate = most;
    }

    action count_high(in bit<32> cell, in bit<32> other) {
        bit<32> counted;
        bit<32> most;
        packets_of(row_high.read(cell), row_high.read(other), counted, most);
        row_high.write(cell, { m.window, counted });
        m.estimate = most < m.estimate ? most : m.estimate;
    }

    action count_crc16(in bit<32> cell, in bit<32> other) {
        bit<32> counted;
        bit<32> most;
        packets_of(row_crc16.read(cell), row_crc16.read(other), counted, most);
        row_crc16.write(cell, { m.window, counted });
        m.estimate = most < m.estimate ? most : m.estimate;
    }

    action count_source() {
        bit<32> hash = crc32.get_hash({ hdr.ipv4.src, m.group });
        bit<16> third = crc16.get_hash({ hdr.ipv4.src, m.group });
        bit<1> half = m.window[0:0];
        bit<ROW_BITS> low = hash[ROW_BITS - 1:0];
        bit<ROW_BITS> high = hash[31:32 - ROW_BITS];
        bit<ROW_BITS> crc = third[ROW_BITS - 1:0];
        count_low((bit<32>) (half ++ low), (bit<32>) (~half ++ low));
        count_high((bit<32>) (half ++ high), (bit<32>) (~half ++ high));
        count_crc16((bit<32>) (half ++ crc), (bit<32>) (~half ++ crc));
    }

    // ---------------------------------------------------------------- challenges

    // Of a client's initial sequence number. Slots of 2^36 ns (68.7 s), 32 of them.
    action make_cookie(in bit<32> isn, in bit<5> slot, out bit<32> cookie) {
        bit<32> v0 = m.key0;
        bit<32> v1 = m.key1;
        bit<32> v2 = 0x6c796765 ^ m.key0;
        bit<32> v3 = 0x74656462 ^ m.key1;
        sip_word(hdr.ipv4.src, v0, v1, v2, v3);
        sip_word(hdr.ipv4.dst, v0, v1, v2, v3);
        sip_word(hdr.tcp.sport ++ hdr.tcp.dport, v0, v1, v2, v3);
        sip_word(isn, v0, v1, v2, v3);
        sip_word(8w17 ++ 19w0 ++ slot, v0, v1, v2, v3); // 17 bytes in all
        v2 = v2 ^ 0xff;
        sip_round(v0, v1, v2, v3);
        sip_round(v0, v1, v2, v3);
        sip_round(v0, v1, v2, v3);
        sip_round(v0, v1, v2, v3);
        bit<32> hash = v1 ^ v3;
        cookie = hash[26:0] ++ slot;
    }

    // Back to the client: a segment of 20 bytes. What else the packet had lies behind the end of the IP packet then, as
    // padding does; so the checksum is made anew.
    action answer(in bit<8> flags, in bit<32> seq, in bit<32> ack) {
        bit<48> neighbour = hdr.ethernet.src;
        hdr.ethernet.src = hdr.ethernet.dst;
        hdr.ethernet.dst = neighbour;
        bit<32> addr = hdr.ipv4.src;
        hdr.ipv4.src = hdr.ipv4.dst;
        hdr.ipv4.dst = addr;
        bit<16> port = hdr.tcp.sport;
        hdr.tcp.sport = hdr.tcp.dport;
        hdr.tcp.dport = port;
        hdr.tcp.seq = seq;
        hdr.tcp.ack = ack;
        hdr.tcp.data_offset = 5;
        hdr.tcp.reserved = 0;
        hdr.tcp.flags = flags;
        hdr.tcp.window = 0;
        hdr.tcp.urgent = 0;

        checksum.clear();
        checksum.add({ hdr.ipv4.src, hdr.ipv4.dst, 8w0, IP_TCP, 16w20 });
        checksum.add({ hdr.tcp.sport, hdr.tcp.dport, seq, ack, 4w5, 4w0, flags });
        hdr.tcp.checksum = checksum.get();

        checksum.clear();
        checksum.subtract(hdr.ipv4.checksum);
        checksum.subtract({ hdr.ipv4.length, hdr.ipv4.ttl, hdr.ipv4.protocol });
        checksum.add({ 16w40, 8w64, hdr.ipv4.protocol });
        hdr.ipv4.checksum = checksum.get();
        hdr.ipv4.length = 40;
        hdr.ipv4.ttl = 64;
        send_to_port(istd.input_port);
    }

    // ---------------------------------------------------------------- a packet's way

    apply {
        if (istd.parser_error != error.NoError
                || (hdr.ipv4.isValid() && (hdr.ipv4.version != 4 || hdr.ipv4.ihl < 5))
                || (hdr.tcp.isValid()
                    && (hdr.tcp.data_offset < 5 || hdr.ipv4.length < 20 + ((bit<16>) hdr.tcp.data_offset << 2)))
                || (hdr.udp.isValid()
                    && (hdr.udp.length < 8 || hdr.ipv4.length < 28 || hdr.udp.length > hdr.ipv4.length - 20))) {
            discard(VERDICT_MALFORMED);
        }
        interfaces.apply();
        if (!hdr.ipv4.isValid()) {
            policy.apply();
            exit;
        }
        if (!m.from_clients) {
            pass(VERDICT_FROM_SERVERS);
            exit;
        }
        guards.apply();
        if (!m.guarded) {
            pass(VERDICT_UNGUARDED);
            exit;
        }
        blocklist.apply();
        if (m.listed) {
            discard(VERDICT_BLOCKED);
        }

        // Two more: neither this window nor the last one is 0, which cells have that were never used.
        bit<64> now = (bit<64>) istd.timestamp;
        m.window = (bit<32>) (now >> WINDOW_SHIFT) + 2;
        count_source();
        if (m.estimate > m.block) {
            m.listing = true;
            blocklist.apply();
            discard(VERDICT_CAUGHT);
        }
        if (m.estimate <= m.suspect) {
            pass(VERDICT_LIGHT);
            exit;
        }
        allowlist.apply();
        if (m.listed) {
            pass(VERDICT_ALLOWED);
        } else if (hdr.tcp.isValid()) {
            bit<8> flags = hdr.tcp.flags & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN);
            if (flags != TCP_SYN && flags != TCP_ACK) {
                discard(VERDICT_UNPROVEN);
            }
            bool opens = flags == TCP_SYN;
            bit<5> slot = now[40:36];
            bit<32> sent = hdr.tcp.ack - 1;
            bit<32> isn = opens ? hdr.tcp.seq : hdr.tcp.seq - 1;
            bit<32> cookie;
            make_cookie(isn, opens ? slot : sent[4:0], cookie);
            if (opens) {
                verdicts.count(VERDICT_CHALLENGED);
                answer(TCP_SYN | TCP_ACK, cookie, isn + 1);
            } else if (cookie == sent && slot - sent[4:0] <= 1) {
                m.listing = true;
                allowlist.apply();
                verdicts.count(VERDICT_PROVEN);
                answer(TCP_RST, hdr.tcp.ack, 0);
            } else {
                discard(VERDICT_UNPROVEN);
            }
        } else if (hdr.udp.isValid()) {
            bit<16> flow = crc16.get_hash({ hdr.ipv4.src, hdr.ipv4.dst, hdr.udp.sport, hdr.udp.dport });
            bit<32> cell = (bit<32>) flow[ROW_BITS - 1:0];
            bit<32> seen = first_seen.read(cell);
            first_seen.write(cell, m.window);
            if (m.window - seen <= 1) {
                pass(VERDICT_REPEATED);
            } else {
                discard(VERDICT_FIRST);
            }
        } else {
            discard(VERDICT_OVER);
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
        pkt.emit(hdr.tcp);
        pkt.emit(hdr.udp);
    }
}

PNA_NIC(MainParser(), MainControl(), MainDeparser()) main;
