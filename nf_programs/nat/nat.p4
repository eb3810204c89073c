// Network address and port translation (NAPT) for IPv4: TCP, UDP and ICMP echo.
//
// Inside hosts share one external address for each protocol. A mapping joins an inside endpoint (address and
// port, or echo identifier) to one external port, for all remote peers (endpoint-independent mapping, RFC 4787).
//
//   inside  --[ outbound: flow table, inside endpoint -> external port ]-->  outside
//   inside  <--[ slots: registers, external port -> inside endpoint, last use ]--  outside
//
// The slots are the truth about who owns an external port. Every packet of a mapping, in either direction, restarts
// its slot; an entry of `outbound` has the same idle timeout as its slot and is restarted only together with it.
// So an entry that is alive owns its slot, and the hit path need not check.
//
// Everything that an operator sets is in tables: `interfaces`, `pools`, `policy`. See README.md.

#include <core.p4>
#include <pna.p4>

// Entries of `outbound`. Entries that expired take up room until they are swept, so give it more than there are ports.
#ifndef OUTBOUND_SIZE
#define OUTBOUND_SIZE 262144
#endif

// One slot for each protocol and external port: slot = protocol << 16 | port.
#define SLOTS 196608

const bit<16> ETHERTYPE_IPV4 = 0x0800;
const bit<16> ETHERTYPE_ARP = 0x0806;
const bit<16> ETHERTYPE_IPV6 = 0x86dd;

const bit<8> IP_ICMP = 1;
const bit<8> IP_TCP = 6;
const bit<8> IP_UDP = 17;

const bit<8> ICMP_ECHO_REPLY = 0;
const bit<8> ICMP_UNREACHABLE = 3;
const bit<8> ICMP_SOURCE_QUENCH = 4;
const bit<8> ICMP_ECHO_REQUEST = 8;
const bit<8> ICMP_TIME_EXCEEDED = 11;
const bit<8> ICMP_PARAMETER_PROBLEM = 12;

// What is translated, as the key of `pools` and `outbound`.
const bit<8> PROTO_TCP = 0;
const bit<8> PROTO_UDP = 1;
const bit<8> PROTO_ICMP = 2;
const bit<8> PROTO_NONE = 255;

// What is not translated, as the key of `policy`. A packet that the policy blocks is counted under the same number.
const bit<8> TRAFFIC_FRAGMENT = 0;
const bit<8> TRAFFIC_IPV6 = 1;
const bit<8> TRAFFIC_ARP = 2;
const bit<8> TRAFFIC_OTHER_PROTOCOL = 3;
const bit<8> TRAFFIC_OTHER_ETHERTYPE = 4;

// Why a packet was dropped: the index into the counter `drops` (0 to 4 as above).
const bit<8> DROP_MALFORMED = 5;
const bit<8> DROP_NO_INTERFACE = 6;
const bit<8> DROP_IP_OPTIONS = 7;
const bit<8> DROP_TTL = 8;
const bit<8> DROP_NO_POOL = 9;
const bit<8> DROP_NOT_OURS = 10;       // from outside, to an address that isn't the pool's
const bit<8> DROP_NO_MAPPING = 11;     // from outside (or hairpin), to a port that nobody owns
const bit<8> DROP_ICMP_QUERY = 12;     // an echo request that comes from outside, a reply that comes from inside
const bit<8> DROP_ICMP_UNMATCHED = 13; // an ICMP error about a packet of no mapping
const bit<8> DROP_EXHAUSTED = 14;      // no external port is free where we looked
const bit<8> DROP_TABLE_FULL = 15;

// What became of a packet that found no entry in `outbound`: the index into the counter `mappings`.
const bit<8> MAPPING_OPENED = 0;
const bit<8> MAPPING_RESUMED = 1; // answers had kept the slot alive: the flow gets the same port again

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

header icmp_echo_h {
    bit<16> id;
    bit<16> seq;
}

// The word between an ICMP error's checksum and the packet that it quotes (unused, or the next hop's MTU).
header icmp_error_h {
    bit<32> rest;
}

// The first 8 bytes of a quoted TCP header: all that an ICMP error must carry.
header quoted_tcp_h {
    bit<16> sport;
    bit<16> dport;
    bit<32> seq;
}

header quoted_icmp_h {
    bit<8>  kind;
    bit<8>  code;
    bit<16> checksum;
    bit<16> id;
    bit<16> seq;
}

struct headers_t {
    ethernet_h    ethernet;
    ipv4_h        ipv4;
    tcp_h         tcp;
    udp_h         udp;
    icmp_h        icmp;
    icmp_echo_h   echo;
    icmp_error_h  icmp_error;
    ipv4_h        quoted_ipv4;
    quoted_tcp_h  quoted_tcp;
    udp_h         quoted_udp;
    quoted_icmp_h quoted_icmp;
}

// The two ends of a flow, as far as the packet tells. Of a TCP, UDP or echo packet, the sender is its source. An ICMP
// error quotes a packet that went the other way: there the sender is the quoted destination. Translation changes
// the ends here first; the headers keep the old values until the checksums are corrected.
struct meta_t {
    bit<8>   proto;
    bit<32>  sender_addr;
    bit<16>  sender_port;
    bit<32>  receiver_addr;
    bit<16>  receiver_port;

    bit<8>   traffic;         // for packets that aren't translated
    bool     from_inside;
    bool     to_external;     // to the pool's address: from outside, or hairpin
    PortId_t egress;
    bool     rewrite_macs;
    bit<48>  source_mac;
    bit<48>  next_hop_mac;

    bit<32>  pool_addr;
    bit<16>  first_port;
    bit<16>  port_mask;
    bit<64>  timeout_ns;
    ExpireTimeProfileId_t profile;

    bool     found;           // the search for a port: `port` may be used ...
    bool     resumed;         // ... and was this flow's own already
    bit<16>  port;
}

// The parameters of the action `translate`, as the data plane adds them.
struct translate_params_t {
    bit<16> port;
}

parser MainParser(
    packet_in pkt,
    out   headers_t hdr,
    inout meta_t m,
    in    pna_main_parser_input_metadata_t istd)
{
    state start {
        m.proto = PROTO_NONE;
        m.rewrite_macs = false;
        m.found = false;
        m.resumed = false;
        pkt.extract(hdr.ethernet);
        transition select(hdr.ethernet.ethertype) {
            ETHERTYPE_IPV4: parse_ipv4;
            default: accept;
        }
    }

    // Headers behind options, and ports of fragments, are left alone: the control drops the one and asks `policy`
    // about the other.
    state parse_ipv4 {
        pkt.extract(hdr.ipv4);
        transition select(hdr.ipv4.version, hdr.ipv4.ihl, hdr.ipv4.more_fragments, hdr.ipv4.offset,
                          hdr.ipv4.protocol) {
            (4, 5, 0, 0, IP_TCP): parse_tcp;
            (4, 5, 0, 0, IP_UDP): parse_udp;
            (4, 5, 0, 0, IP_ICMP): parse_icmp;
            default: accept;
        }
    }

    state parse_tcp {
        pkt.extract(hdr.tcp);
        m.proto = PROTO_TCP;
        m.sender_addr = hdr.ipv4.src;
        m.sender_port = hdr.tcp.sport;
        m.receiver_addr = hdr.ipv4.dst;
        m.receiver_port = hdr.tcp.dport;
        transition accept;
    }

    state parse_udp {
        pkt.extract(hdr.udp);
        m.proto = PROTO_UDP;
        m.sender_addr = hdr.ipv4.src;
        m.sender_port = hdr.udp.sport;
        m.receiver_addr = hdr.ipv4.dst;
        m.receiver_port = hdr.udp.dport;
        transition accept;
    }

    state parse_icmp {
        pkt.extract(hdr.icmp);
        transition select(hdr.icmp.kind) {
            ICMP_ECHO_REQUEST: parse_echo;
            ICMP_ECHO_REPLY: parse_echo;
            ICMP_UNREACHABLE: parse_icmp_error;
            ICMP_SOURCE_QUENCH: parse_icmp_error;
            ICMP_TIME_EXCEEDED: parse_icmp_error;
            ICMP_PARAMETER_PROBLEM: parse_icmp_error;
            default: accept;
        }
    }

    // The identifier plays the part of the port at both ends.
    state parse_echo {
        pkt.extract(hdr.echo);
        m.proto = PROTO_ICMP;
        m.sender_addr = hdr.ipv4.src;
        m.sender_port = hdr.echo.id;
        m.receiver_addr = hdr.ipv4.dst;
        m.receiver_port = hdr.echo.id;
        transition accept;
    }

    state parse_icmp_error {
        pkt.extract(hdr.icmp_error);
        pkt.extract(hdr.quoted_ipv4);
        m.sender_addr = hdr.quoted_ipv4.dst;
        m.receiver_addr = hdr.quoted_ipv4.src;
        transition select(hdr.quoted_ipv4.version, hdr.quoted_ipv4.ihl, hdr.quoted_ipv4.offset,
                          hdr.quoted_ipv4.protocol) {
            (4, 5, 0, IP_TCP): parse_quoted_tcp;
            (4, 5, 0, IP_UDP): parse_quoted_udp;
            (4, 5, 0, IP_ICMP): parse_quoted_icmp;
            default: accept;
        }
    }

    state parse_quoted_tcp {
        pkt.extract(hdr.quoted_tcp);
        m.proto = PROTO_TCP;
        m.sender_port = hdr.quoted_tcp.dport;
        m.receiver_port = hdr.quoted_tcp.sport;
        transition accept;
    }

    state parse_quoted_udp {
        pkt.extract(hdr.quoted_udp);
        m.proto = PROTO_UDP;
        m.sender_port = hdr.quoted_udp.dport;
        m.receiver_port = hdr.quoted_udp.sport;
        transition accept;
    }

    state parse_quoted_icmp {
        pkt.extract(hdr.quoted_icmp);
        m.proto = PROTO_ICMP;
        m.sender_port = hdr.quoted_icmp.id;
        m.receiver_port = hdr.quoted_icmp.id;
        transition accept;
    }
}

bit<32> slot_of(in bit<8> proto, in bit<16> port) {
    return 14w0 ++ proto[1:0] ++ port;
}

// A slot that was never used has the time 0.
bool is_fresh(in bit<64> last, in bit<64> now, in bit<64> timeout_ns) {
    return last != 0 && now - last <= timeout_ns;
}

// A UDP checksum of 0 says that there is none, so one that comes out as 0 is sent as its other form (RFC 768).
bit<16> udp_checksum(in bit<16> computed) {
    return computed == 0 ? 16w0xffff : computed;
}

control MainControl(
    inout headers_t hdr,
    inout meta_t m,
    in    pna_main_input_metadata_t istd,
    inout pna_main_output_metadata_t ostd)
{
    // The slots. `slot_last` only ever receives the time of the packet, so it never goes back.
    Register<bit<32>, bit<32>>(SLOTS, 0) slot_addr;
    Register<bit<16>, bit<32>>(SLOTS, 0) slot_port;
    Register<bit<64>, bit<32>>(SLOTS, 0) slot_last;

    Counter<bit<64>, bit<8>>(16, PNA_CounterType_t.PACKETS) drops;
    Counter<bit<64>, bit<8>>(2, PNA_CounterType_t.PACKETS) mappings;

    Hash<bit<32>>(PNA_HashAlgorithm_t.CRC32) flow_hash;
    InternetChecksum() checksum;

    // Counts and ends the packet.
    action discard(in bit<8> reason) {
        drops.count(reason);
        drop_packet();
        exit;
    }

    // ---------------------------------------------------------------- configuration

    action inside(PortId_t port) {
        m.from_inside = true;
        m.egress = port;
    }

    action inside_via(PortId_t port, bit<48> source_mac, bit<48> next_hop_mac) {
        m.from_inside = true;
        m.egress = port;
        m.rewrite_macs = true;
        m.source_mac = source_mac;
        m.next_hop_mac = next_hop_mac;
    }

    action outside(PortId_t port) {
        m.from_inside = false;
        m.egress = port;
    }

    action outside_via(PortId_t port, bit<48> source_mac, bit<48> next_hop_mac) {
        m.from_inside = false;
        m.egress = port;
        m.rewrite_macs = true;
        m.source_mac = source_mac;
        m.next_hop_mac = next_hop_mac;
    }

    action no_interface() {
        discard(DROP_NO_INTERFACE);
    }

    // Which side a port is on, and where its packets leave; `_via` also sets the MAC addresses, as a router does.
    table interfaces {
        key = {
            istd.input_port: exact @name("port");
        }
        actions = {
            inside;
            inside_via;
            outside;
            outside_via;
            @defaultonly no_interface;
        }
        const default_action = no_interface;
        size = 64;
    }

    action pool(bit<32> address, bit<16> first_port, bit<16> port_mask, bit<64> timeout_ns,
                ExpireTimeProfileId_t profile) {
        m.pool_addr = address;
        m.first_port = first_port;
        m.port_mask = port_mask;
        m.timeout_ns = timeout_ns;
        m.profile = profile;
    }

    action no_pool() {
        discard(DROP_NO_POOL);
    }

    // The external address and ports of a protocol: first_port + 0 .. port_mask, which is a power of two less one.
    // `timeout_ns` must be the time of the expire profile: entries and slots live equally long.
    table pools {
        key = {
            m.proto: exact @name("protocol");
        }
        actions = {
            pool;
            @defaultonly no_pool;
        }
        const default_action = no_pool;
        size = 4;
    }

    action let_through() {
        send_to_port(m.egress);
    }

    action block() {
        discard(m.traffic);
    }

    // What to do with packets that can't be translated.
    table policy {
        key = {
            m.traffic: exact @name("traffic");
        }
        actions = {
            let_through;
            block;
        }
        default_action = block();
        size = 8;
    }

    // ---------------------------------------------------------------- from inside

    action translate(bit<16> port) {
        m.sender_addr = m.pool_addr;
        m.sender_port = port;
        // An ICMP error is no use of the mapping: it doesn't keep it alive.
        if (!hdr.quoted_ipv4.isValid()) {
            restart_expire_timer();
            slot_last.write(slot_of(m.proto, port), (bit<64>) istd.timestamp);
        }
    }

    // Looks at one candidate: a fresh slot of this flow is best, else the first one that is free.
    action consider(in bit<16> port) {
        bit<32> slot = slot_of(m.proto, port);
        if (!m.resumed) {
            if (is_fresh(slot_last.read(slot), (bit<64>) istd.timestamp, m.timeout_ns)) {
                bit<32> owner_addr = slot_addr.read(slot);
                bit<16> owner_port = slot_port.read(slot);
                if (owner_addr == m.sender_addr && owner_port == m.sender_port) {
                    m.found = true;
                    m.resumed = true;
                    m.port = port;
                }
            } else if (!m.found) {
                m.found = true;
                m.port = port;
            }
        }
    }

    // Four candidates: the first where half of the flow's hash points, the others at steps of its other half. The step is
    // odd, so that they differ; and as it differs from flow to flow, taken ports don't form long rows.
    action open_mapping() {
        if (hdr.quoted_ipv4.isValid()) {
            discard(DROP_ICMP_UNMATCHED);
        }
        bit<32> h = flow_hash.get_hash({ m.sender_addr, m.sender_port, m.proto });
        bit<16> step = h[31:16] | 1;
        bit<16> second = h[15:0] + step;
        bit<16> third = second + step;
        bit<16> fourth = third + step;
        consider(m.first_port + (h[15:0] & m.port_mask));
        consider(m.first_port + (second & m.port_mask));
        consider(m.first_port + (third & m.port_mask));
        consider(m.first_port + (fourth & m.port_mask));
        if (!m.found) {
            discard(DROP_EXHAUSTED);
        }
        if (add_entry("translate", (translate_params_t) { port = m.port }, m.profile) != ADD_ENTRY_SUCCESS) {
            discard(DROP_TABLE_FULL);
        }
        bit<32> slot = slot_of(m.proto, m.port);
        slot_addr.write(slot, m.sender_addr);
        slot_port.write(slot, m.sender_port);
        slot_last.write(slot, (bit<64>) istd.timestamp);
        mappings.count(m.resumed ? MAPPING_RESUMED : MAPPING_OPENED);
        m.sender_addr = m.pool_addr;
        m.sender_port = m.port;
    }

    table outbound {
        key = {
            m.sender_addr: exact @name("address");
            m.sender_port: exact @name("port");
            m.proto: exact @name("protocol");
        }
        actions = {
            @tableonly translate;
            @defaultonly open_mapping;
        }
        const default_action = open_mapping;
        add_on_miss = true;
        pna_idle_timeout = PNA_IdleTimeout_t.AUTO_DELETE;
        size = OUTBOUND_SIZE;
    }

    // ---------------------------------------------------------------- to the external address

    action find_owner() {
        bit<32> slot = slot_of(m.proto, m.receiver_port);
        if (!is_fresh(slot_last.read(slot), (bit<64>) istd.timestamp, m.timeout_ns)) {
            discard(hdr.quoted_ipv4.isValid() ? DROP_ICMP_UNMATCHED : DROP_NO_MAPPING);
        }
        m.receiver_addr = slot_addr.read(slot);
        m.receiver_port = slot_port.read(slot);
        if (!hdr.quoted_ipv4.isValid()) {
            slot_last.write(slot, (bit<64>) istd.timestamp);
        }
    }

    // ---------------------------------------------------------------- headers and their checksums (RFC 1624)

    action rewrite_ipv4(in bit<32> src, in bit<32> dst) {
        bit<8> ttl = hdr.ipv4.ttl - 1;
        checksum.clear();
        checksum.subtract(hdr.ipv4.checksum);
        checksum.subtract({ hdr.ipv4.ttl, hdr.ipv4.protocol, hdr.ipv4.src, hdr.ipv4.dst });
        checksum.add({ ttl, hdr.ipv4.protocol, src, dst });
        hdr.ipv4.checksum = checksum.get();
        hdr.ipv4.ttl = ttl;
        hdr.ipv4.src = src;
        hdr.ipv4.dst = dst;
    }

    // Addresses count in TCP's and UDP's checksums, in ICMP's they don't.
    action rewrite_flow() {
        if (hdr.tcp.isValid()) {
            checksum.clear();
            checksum.subtract(hdr.tcp.checksum);
            checksum.subtract({ hdr.ipv4.src, hdr.ipv4.dst, hdr.tcp.sport, hdr.tcp.dport });
            checksum.add({ m.sender_addr, m.receiver_addr, m.sender_port, m.receiver_port });
            hdr.tcp.checksum = checksum.get();
            hdr.tcp.sport = m.sender_port;
            hdr.tcp.dport = m.receiver_port;
        } else if (hdr.udp.isValid()) {
            if (hdr.udp.checksum != 0) {
                checksum.clear();
                checksum.subtract(hdr.udp.checksum);
                checksum.subtract({ hdr.ipv4.src, hdr.ipv4.dst, hdr.udp.sport, hdr.udp.dport });
                checksum.add({ m.sender_addr, m.receiver_addr, m.sender_port, m.receiver_port });
                hdr.udp.checksum = udp_checksum(checksum.get());
            }
            hdr.udp.sport = m.sender_port;
            hdr.udp.dport = m.receiver_port;
        } else {
            bit<16> id = m.from_inside ? m.sender_port : m.receiver_port;
            checksum.clear();
            checksum.subtract(hdr.icmp.checksum);
            checksum.subtract(hdr.echo.id);
            checksum.add(id);
            hdr.icmp.checksum = checksum.get();
            hdr.echo.id = id;
        }
        rewrite_ipv4(m.sender_addr, m.receiver_addr);
    }

    // The quoted packet, with its own checksums, and the checksum of the ICMP error that covers them all. A quoted TCP
    // checksum lies beyond the 8 bytes that are read, and stays.
    action rewrite_error() {
        bit<16> quoted_checksum;
        bit<32> outer_src = m.from_inside ? m.pool_addr : hdr.ipv4.src;
        bit<32> outer_dst = m.to_external ? m.receiver_addr : hdr.ipv4.dst;

        checksum.clear();
        checksum.subtract(hdr.quoted_ipv4.checksum);
        checksum.subtract({ hdr.quoted_ipv4.src, hdr.quoted_ipv4.dst });
        checksum.add({ m.receiver_addr, m.sender_addr });
        quoted_checksum = checksum.get();

        checksum.clear();
        checksum.subtract(hdr.icmp.checksum);
        checksum.subtract({ hdr.quoted_ipv4.checksum, hdr.quoted_ipv4.src, hdr.quoted_ipv4.dst });
        checksum.add({ quoted_checksum, m.receiver_addr, m.sender_addr });
        bit<16> covering = checksum.get_state();

        if (hdr.quoted_tcp.isValid()) {
            checksum.subtract({ hdr.quoted_tcp.sport, hdr.quoted_tcp.dport });
            checksum.add({ m.receiver_port, m.sender_port });
            hdr.icmp.checksum = checksum.get();
            hdr.quoted_tcp.sport = m.receiver_port;
            hdr.quoted_tcp.dport = m.sender_port;
        } else if (hdr.quoted_udp.isValid()) {
            bit<16> udp = hdr.quoted_udp.checksum;
            if (udp != 0) {
                checksum.clear();
                checksum.subtract(hdr.quoted_udp.checksum);
                checksum.subtract({ hdr.quoted_ipv4.src, hdr.quoted_ipv4.dst, hdr.quoted_udp.sport,
                                    hdr.quoted_udp.dport });
                checksum.add({ m.receiver_addr, m.sender_addr, m.receiver_port, m.sender_port });
                udp = udp_checksum(checksum.get());
            }
            checksum.set_state(covering);
            checksum.subtract({ hdr.quoted_udp.sport, hdr.quoted_udp.dport, hdr.quoted_udp.checksum });
            checksum.add({ m.receiver_port, m.sender_port, udp });
            hdr.icmp.checksum = checksum.get();
            hdr.quoted_udp.sport = m.receiver_port;
            hdr.quoted_udp.dport = m.sender_port;
            hdr.quoted_udp.checksum = udp;
        } else {
            bit<16> id = m.from_inside ? m.sender_port : m.receiver_port;
            checksum.clear();
            checksum.subtract(hdr.quoted_icmp.checksum);
            checksum.subtract(hdr.quoted_icmp.id);
            checksum.add(id);
            bit<16> icmp = checksum.get();
            checksum.set_state(covering);
            checksum.subtract({ hdr.quoted_icmp.checksum, hdr.quoted_icmp.id });
            checksum.add({ icmp, id });
            hdr.icmp.checksum = checksum.get();
            hdr.quoted_icmp.checksum = icmp;
            hdr.quoted_icmp.id = id;
        }
        hdr.quoted_ipv4.checksum = quoted_checksum;
        hdr.quoted_ipv4.src = m.receiver_addr;
        hdr.quoted_ipv4.dst = m.sender_addr;
        rewrite_ipv4(outer_src, outer_dst);
    }

    // A hairpin packet goes back to the inside neighbour that sent it.
    action forward() {
        if (m.from_inside && m.to_external) {
            bit<48> neighbour = hdr.ethernet.src;
            hdr.ethernet.src = hdr.ethernet.dst;
            hdr.ethernet.dst = neighbour;
            send_to_port(istd.input_port);
        } else {
            if (m.rewrite_macs) {
                hdr.ethernet.src = m.source_mac;
                hdr.ethernet.dst = m.next_hop_mac;
            }
            send_to_port(m.egress);
        }
    }

    // ---------------------------------------------------------------- a packet's way

    apply {
        if (istd.parser_error != error.NoError) {
            discard(DROP_MALFORMED);
        }
        interfaces.apply();

        if (m.proto != PROTO_NONE) {
            if (hdr.ipv4.ttl <= 1) {
                discard(DROP_TTL);
            }
            pools.apply();
            m.to_external = m.receiver_addr == m.pool_addr;
            if (!m.from_inside && (!m.to_external || hdr.ipv4.dst != m.pool_addr)) {
                discard(DROP_NOT_OURS);
            }
            // Inside asks, outside answers; nobody pings the pool's address, which has no host of its own.
            if (hdr.echo.isValid()) {
                if (m.from_inside ? m.to_external || hdr.icmp.kind != ICMP_ECHO_REQUEST
                                  : hdr.icmp.kind != ICMP_ECHO_REPLY) {
                    discard(DROP_ICMP_QUERY);
                }
            }

            if (m.from_inside) {
                outbound.apply();
            }
            if (m.to_external) {
                find_owner();
            }
            if (hdr.quoted_ipv4.isValid()) {
                rewrite_error();
            } else {
                rewrite_flow();
            }
            forward();
        } else {
            m.traffic = TRAFFIC_OTHER_ETHERTYPE;
            if (hdr.ipv4.isValid()) {
                if (hdr.ipv4.version != 4 || hdr.ipv4.ihl < 5) {
                    discard(DROP_MALFORMED);
                }
                if (hdr.ipv4.ihl > 5) {
                    discard(DROP_IP_OPTIONS);
                }
                m.traffic = TRAFFIC_OTHER_PROTOCOL;
                if (hdr.ipv4.more_fragments != 0 || hdr.ipv4.offset != 0) {
                    m.traffic = TRAFFIC_FRAGMENT;
                }
            } else if (hdr.ethernet.ethertype == ETHERTYPE_IPV6) {
                m.traffic = TRAFFIC_IPV6;
            } else if (hdr.ethernet.ethertype == ETHERTYPE_ARP) {
                m.traffic = TRAFFIC_ARP;
            }
            policy.apply();
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
        pkt.emit(hdr.icmp);
        pkt.emit(hdr.echo);
        pkt.emit(hdr.icmp_error);
        pkt.emit(hdr.quoted_ipv4);
        pkt.emit(hdr.quoted_tcp);
        pkt.emit(hdr.quoted_udp);
        pkt.emit(hdr.quoted_icmp);
    }
}

PNA_NIC(MainParser(), MainControl(), MainDeparser()) main;
