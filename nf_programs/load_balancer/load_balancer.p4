// Layer 4 load balancer for IPv4: TCP and UDP connections to a service are spread over its backends.
//
// A new connection goes to the backend that has the fewest, of up to four that are compared. Its packets keep going
// there: its cell holds who talks to whom, whole, and a hash of the client's address and port names four cells that it
// may be in. So both directions find it, and where it is follows from the packet alone.
//
//   client  --[ destination: service := backend ]-->  backend
//   client  <--[ source: backend := service ]--  backend
//
// A cell is free if it was never used, if its connection was closed (FIN both ways, or RST), or if no packet of either
// direction has come for the protocol's timeout. An expired connection is taken off its backend's count when another
// one takes the cell. See README.md.

#include <core.p4>
#include <psa.p4>

// Cells for all protocols together.
#ifndef CELLS
#define CELLS 65536
#endif

#ifndef BACKENDS
#define BACKENDS 256
#endif

const bit<16> ETHERTYPE_IPV4 = 0x0800;
const bit<16> ETHERTYPE_ARP = 0x0806;
const bit<16> ETHERTYPE_IPV6 = 0x86dd;

const bit<8> IP_NONE = 0;
const bit<8> IP_ICMP = 1;
const bit<8> IP_TCP = 6;
const bit<8> IP_UDP = 17;

const bit<8> ICMP_UNREACHABLE = 3;
const bit<8> ICMP_TIME_EXCEEDED = 11;
const bit<8> ICMP_PARAMETER_PROBLEM = 12;

const bit<8> TCP_FIN = 0x01;
const bit<8> TCP_SYN = 0x02;
const bit<8> TCP_RST = 0x04;
const bit<8> TCP_ACK = 0x10;

// What isn't balanced, as the key of `policy`. A packet that the policy blocks is counted under the same number.
const bit<8> TRAFFIC_FRAGMENT = 0;
const bit<8> TRAFFIC_IPV4_OPTIONS = 1;
const bit<8> TRAFFIC_ICMP = 2;
const bit<8> TRAFFIC_IPV6 = 3;
const bit<8> TRAFFIC_ARP = 4;
const bit<8> TRAFFIC_OTHER = 5;
const bit<8> TRAFFIC_NO_SERVICE = 6;    // from the clients' side, to no service
const bit<8> TRAFFIC_NO_CONNECTION = 7; // from the backends' side, of no connection

// Why a packet was dropped: the index into the counter `drops` (0 to 7 as above).
const bit<8> DROP_MALFORMED = 8;
const bit<8> DROP_NO_INTERFACE = 9;
const bit<8> DROP_TTL = 10;
const bit<8> DROP_NOT_OPENING = 11;   // to a service, of no connection, and no SYN
const bit<8> DROP_EXHAUSTED = 12;     // no free cell where we looked
const bit<8> DROP_ICMP_UNMATCHED = 13;

// What became of connections: the index into the counter `connections`.
const bit<8> CONNECTION_OPENED = 0;
const bit<8> CONNECTION_CLOSED = 1;
const bit<8> CONNECTION_EXPIRED = 2;

// How far a connection is.
const bit<8> FIN_FROM_CLIENT = 1;
const bit<8> FIN_FROM_BACKEND = 2;
const bit<8> FIN_BOTH = 3;

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

struct headers_t {
    ethernet_h   ethernet;
    ipv4_h       ipv4;
    tcp_h        tcp;
    udp_h        udp;
    icmp_h       icmp;
    icmp_error_h icmp_error;
    ipv4_h       quoted_ipv4;
    quoted_tcp_h quoted_tcp;
    udp_h        quoted_udp;
}

struct empty_t {
}

// A connection; `protocol` is 0 in a cell that was never used.
struct cell_t {
    bit<8>  protocol;
    bit<32> client_addr;
    bit<16> client_port;
    bit<32> service_addr;
    bit<16> service_port;
    bit<32> backend_addr;
    bit<16> backend_port;
    bit<16> backend;
}

// The two ends of a flow. An ICMP error quotes a packet that went the other way: there the sender is the quoted
// destination. Translation changes the ends here first; the headers keep the old values until the checksums are right.
struct meta_t {
    bit<8>   protocol;
    bit<8>   traffic;       // for packets that aren't balanced
    bit<32>  sender_addr;
    bit<16>  sender_port;
    bit<32>  receiver_addr;
    bit<16>  receiver_port;
    bit<8>   flags;         // of TCP

    bool     from_client;
    PortId_t egress;
    bool     rewrite_macs;
    bit<48>  source_mac;
    bit<48>  next_hop_mac;

    bit<16>  first_cell;
    bit<16>  cell_mask;
    bit<64>  timeout_ns;

    bool     served;        // `services` knows the destination
    bit<16>  first_backend;
    bit<16>  backends;
    bit<32>  backend_addr;
    bit<16>  backend_port;

    bit<32>  client_addr;   // what the search for a cell goes by
    bit<16>  client_port;
    bit<32>  other_addr;    // the service or the backend
    bit<16>  other_port;
    bool     found;         // it found this cell ...
    bit<16>  cell;
    bit<32>  addr;          // ... which says what to write
    bit<16>  port;
    bit<16>  owner;         // the backend

    bool     taken;         // the search for a free cell
    bool     ambiguous;
    bool     expired;       // a connection expired in it ...
    bit<16>  former_owner;  // ... and was this backend's
}

parser IngressParserImpl(
    packet_in pkt,
    out headers_t hdr,
    inout meta_t m,
    in psa_ingress_parser_input_metadata_t istd,
    in empty_t resubmitted,
    in empty_t recirculated)
{
    state start {
        m.protocol = IP_NONE;
        m.traffic = TRAFFIC_OTHER;
        m.flags = 0;
        m.rewrite_macs = false;
        m.served = false;
        m.found = false;
        m.taken = false;
        m.ambiguous = false;
        m.expired = false;
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

    state parse_ipv4 {
        pkt.extract(hdr.ipv4);
        transition select(hdr.ipv4.ihl, hdr.ipv4.more_fragments, hdr.ipv4.offset, hdr.ipv4.protocol) {
            (5, 0, 0, IP_TCP): parse_tcp;
            (5, 0, 0, IP_UDP): parse_udp;
            (5, 0, 0, IP_ICMP): parse_icmp;
            (5, 0, 0, _): accept;
            (5, _, _, _): parse_fragment;
            default: parse_ipv4_options;
        }
    }

    state parse_fragment {
        m.traffic = TRAFFIC_FRAGMENT;
        transition accept;
    }

    state parse_ipv4_options {
        m.traffic = TRAFFIC_IPV4_OPTIONS;
        transition accept;
    }

    state parse_tcp {
        pkt.extract(hdr.tcp);
        m.protocol = IP_TCP;
        m.flags = hdr.tcp.flags;
        m.sender_addr = hdr.ipv4.src;
        m.sender_port = hdr.tcp.sport;
        m.receiver_addr = hdr.ipv4.dst;
        m.receiver_port = hdr.tcp.dport;
        transition accept;
    }

    state parse_udp {
        pkt.extract(hdr.udp);
        m.protocol = IP_UDP;
        m.sender_addr = hdr.ipv4.src;
        m.sender_port = hdr.udp.sport;
        m.receiver_addr = hdr.ipv4.dst;
        m.receiver_port = hdr.udp.dport;
        transition accept;
    }

    state parse_icmp {
        pkt.extract(hdr.icmp);
        m.traffic = TRAFFIC_ICMP;
        transition select(hdr.icmp.kind) {
            ICMP_UNREACHABLE: parse_icmp_error;
            ICMP_TIME_EXCEEDED: parse_icmp_error;
            ICMP_PARAMETER_PROBLEM: parse_icmp_error;
            default: accept;
        }
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
            default: accept;
        }
    }

    state parse_quoted_tcp {
        pkt.extract(hdr.quoted_tcp);
        m.protocol = IP_TCP;
        m.sender_port = hdr.quoted_tcp.dport;
        m.receiver_port = hdr.quoted_tcp.sport;
        transition accept;
    }

    state parse_quoted_udp {
        pkt.extract(hdr.quoted_udp);
        m.protocol = IP_UDP;
        m.sender_port = hdr.quoted_udp.dport;
        m.receiver_port = hdr.quoted_udp.sport;
        transition accept;
    }
}

// A UDP checksum of 0 says that there is none, so one that comes out as 0 is sent as its other form (RFC 768).
bit<16> udp_checksum(in bit<16> computed) {
    return computed == 0 ? 16w0xffff : computed;
}

control IngressImpl(
    inout headers_t hdr,
    inout meta_t m,
    in    psa_ingress_input_metadata_t istd,
    inout psa_ingress_output_metadata_t ostd)
{
    // Connections. `last_used` only ever receives the time of the packet, so it never goes back. With the progress
    // FIN_BOTH a connection is closed; its cell may be taken.
    Register<cell_t, bit<16>>(CELLS) cells;
    Register<bit<8>, bit<16>>(CELLS, 0) progress;
    Register<bit<64>, bit<16>>(CELLS, 0) last_used;
    // How many connections each backend has that are neither closed nor known to have expired.
    Register<bit<32>, bit<16>>(BACKENDS, 0) load;

    Counter<bit<64>, bit<8>>(16, PSA_CounterType_t.PACKETS) drops;
    Counter<bit<64>, bit<8>>(4, PSA_CounterType_t.PACKETS) connections;

    Hash<bit<32>>(PSA_HashAlgorithm_t.CRC32) flow_hash;
    InternetChecksum() checksum;

    // Counts and ends the packet.
    action discard(in bit<8> reason) {
        drops.count(reason);
        ingress_drop(ostd);
        exit;
    }

    // ---------------------------------------------------------------- configuration

    action clients(PortId_t port) {
        m.from_client = true;
        m.egress = port;
    }

    action clients_via(PortId_t port, bit<48> source_mac, bit<48> next_hop_mac) {
        m.from_client = true;
        m.egress = port;
        m.rewrite_macs = true;
        m.source_mac = source_mac;
        m.next_hop_mac = next_hop_mac;
    }

    action servers(PortId_t port) {
        m.from_client = false;
        m.egress = port;
    }

    action servers_via(PortId_t port, bit<48> source_mac, bit<48> next_hop_mac) {
        m.from_client = false;
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
            istd.ingress_port: exact @name("port");
        }
        actions = {
            clients;
            clients_via;
            servers;
            servers_via;
            @defaultonly no_interface;
        }
        const default_action = no_interface;
        size = 64;
    }

    action remember(bit<16> first_cell, bit<16> cell_mask, bit<64> timeout_ns) {
        m.first_cell = first_cell;
        m.cell_mask = cell_mask;
        m.timeout_ns = timeout_ns;
    }

    action not_remembered() {
        discard(TRAFFIC_OTHER);
    }

    // The cells of a protocol: first_cell + 0 .. cell_mask, which is a power of two less one.
    table protocols {
        key = {
            m.protocol: exact @name("protocol");
        }
        actions = {
            remember;
            @defaultonly not_remembered;
        }
        const default_action = not_remembered;
        size = 4;
    }

    action balance(bit<16> first_backend, bit<16> count) {
        m.served = true;
        m.first_backend = first_backend;
        m.backends = count;
    }

    action not_served() {
    }

    // Virtual IPs: which destinations are served, and by which backends (first_backend and those that follow). Asked
    // for the first packet of a connection only.
    table services {
        key = {
            m.receiver_addr: ternary @name("address");
            m.receiver_port: ternary @name("port");
            m.protocol: ternary @name("protocol");
        }
        actions = {
            balance;
            not_served;
        }
        default_action = not_served();
        size = 64;
    }

    // Port 0: the one that the client asked for.
    action backend(bit<32> address, bit<16> port) {
        m.backend_addr = address;
        m.backend_port = port;
    }

    action no_backend() {
        discard(TRAFFIC_NO_SERVICE);
    }

    table backends {
        key = {
            m.owner: exact @name("backend");
        }
        actions = {
            backend;
            @defaultonly no_backend;
        }
        const default_action = no_backend;
        size = BACKENDS;
    }

    action let_through() {
        send_to_port(ostd, m.egress);
    }

    action block() {
        discard(m.traffic);
    }

    // What to do with packets that aren't balanced.
    table policy {
        key = {
            m.traffic: exact @name("traffic");
        }
        actions = {
            let_through;
            block;
        }
        default_action = block();
        size = 16;
    }

    // ---------------------------------------------------------------- connections

    // Looks for the packet's connection in one cell.
    action look(in bit<16> at, in bit<64> now) {
        if (!m.found) {
            cell_t c = cells.read(at);
            if (c.protocol == m.protocol && c.client_addr == m.client_addr && c.client_port == m.client_port
                    && m.other_addr == (m.from_client ? c.service_addr : c.backend_addr)
                    && m.other_port == (m.from_client ? c.service_port : c.backend_port)
                    && now - last_used.read(at) <= m.timeout_ns) {
                m.found = true;
                m.cell = at;
                m.addr = m.from_client ? c.backend_addr : c.service_addr;
                m.port = m.from_client ? c.backend_port : c.service_port;
                m.owner = c.backend;
            }
        }
    }

    // Compares one backend with the best so far.
    action weigh(in bit<16> which, inout bit<32> least) {
        bit<32> connections_now = load.read(which);
        if (connections_now < least) {
            least = connections_now;
            m.owner = which;
        }
    }

    // The least loaded of four backends, beginning with one that the hash names: so equal loads spread, too.
    action choose(in bit<32> hash) {
        bit<32> least = 0xffffffff;
        bit<16> start = hash[31:16];
        weigh(m.first_backend + start % m.backends, least);
        weigh(m.first_backend + (start + 1) % m.backends, least);
        weigh(m.first_backend + (start + 2) % m.backends, least);
        weigh(m.first_backend + (start + 3) % m.backends, least);
    }

    // One connection less for a backend.
    action release(in bit<16> which, in bit<8> outcome) {
        bit<32> connections_now = load.read(which);
        load.write(which, connections_now - 1);
        connections.count(outcome);
    }

    // Looks whether a cell is free. A live connection of the same client with the same backend, but to another
    // service, stands in the way: nobody could tell their answers apart.
    action consider(in bit<16> at, in bit<64> now) {
        cell_t c = cells.read(at);
        bool open_still = c.protocol != 0 && progress.read(at) != FIN_BOTH;
        if (open_still && now - last_used.read(at) <= m.timeout_ns) {
            m.ambiguous = m.ambiguous || (c.protocol == m.protocol && c.client_addr == m.client_addr
                && c.client_port == m.client_port && c.backend_addr == m.backend_addr
                && c.backend_port == m.backend_port);
        } else if (!m.taken) {
            m.taken = true;
            m.cell = at;
            m.expired = open_still;
            m.former_owner = c.backend;
        }
    }

    // Opens a connection in one of the candidates.
    action open(in bit<16> one, in bit<16> two, in bit<16> three, in bit<16> four, in bit<64> now) {
        consider(one, now);
        consider(two, now);
        consider(three, now);
        consider(four, now);
        if (!m.taken || m.ambiguous) {
            discard(DROP_EXHAUSTED);
        }
        if (m.expired) {
            release(m.former_owner, CONNECTION_EXPIRED);
        }
        cells.write(m.cell, { m.protocol, m.client_addr, m.client_port, m.other_addr, m.other_port,
                              m.backend_addr, m.backend_port, m.owner });
        progress.write(m.cell, 0);
        bit<32> connections_now = load.read(m.owner);
        load.write(m.owner, connections_now + 1);
        connections.count(CONNECTION_OPENED);
        m.addr = m.backend_addr;
        m.port = m.backend_port;
    }

    // The second FIN, or any RST, closes the connection and takes it off the count. Its cell keeps matching what is
    // still on its way, until somebody needs it.
    action follow_end() {
        bit<8> before = progress.read(m.cell);
        bit<8> after = before | (m.from_client ? FIN_FROM_CLIENT : FIN_FROM_BACKEND);
        if (m.flags & TCP_RST != 0) {
            after = FIN_BOTH;
        }
        if (after != before) {
            progress.write(m.cell, after);
            if (after == FIN_BOTH) {
                release(m.owner, CONNECTION_CLOSED);
            }
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

    action rewrite_flow() {
        if (hdr.tcp.isValid()) {
            checksum.clear();
            checksum.subtract(hdr.tcp.checksum);
            checksum.subtract({ hdr.ipv4.src, hdr.ipv4.dst, hdr.tcp.sport, hdr.tcp.dport });
            checksum.add({ m.sender_addr, m.receiver_addr, m.sender_port, m.receiver_port });
            hdr.tcp.checksum = checksum.get();
            hdr.tcp.sport = m.sender_port;
            hdr.tcp.dport = m.receiver_port;
        } else {
            if (hdr.udp.checksum != 0) {
                checksum.clear();
                checksum.subtract(hdr.udp.checksum);
                checksum.subtract({ hdr.ipv4.src, hdr.ipv4.dst, hdr.udp.sport, hdr.udp.dport });
                checksum.add({ m.sender_addr, m.receiver_addr, m.sender_port, m.receiver_port });
                hdr.udp.checksum = udp_checksum(checksum.get());
            }
            hdr.udp.sport = m.sender_port;
            hdr.udp.dport = m.receiver_port;
        }
        rewrite_ipv4(m.sender_addr, m.receiver_addr);
    }

    // The quoted packet, with its own checksums, and the checksum of the ICMP error that covers them all. A quoted
    // TCP checksum lies beyond the 8 bytes that are read, and stays. An outer address changes if it is the one that
    // is hidden.
    action rewrite_error() {
        bit<32> outer_src = hdr.ipv4.src == hdr.quoted_ipv4.dst ? m.sender_addr : hdr.ipv4.src;
        bit<32> outer_dst = hdr.ipv4.dst == hdr.quoted_ipv4.src ? m.receiver_addr : hdr.ipv4.dst;

        checksum.clear();
        checksum.subtract(hdr.quoted_ipv4.checksum);
        checksum.subtract({ hdr.quoted_ipv4.src, hdr.quoted_ipv4.dst });
        checksum.add({ m.receiver_addr, m.sender_addr });
        bit<16> quoted_checksum = checksum.get();

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
        } else {
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
        }
        hdr.quoted_ipv4.checksum = quoted_checksum;
        hdr.quoted_ipv4.src = m.receiver_addr;
        hdr.quoted_ipv4.dst = m.sender_addr;
        rewrite_ipv4(outer_src, outer_dst);
    }

    // The destination of what comes from clients, the source of what comes from backends.
    action translate() {
        if (m.from_client) {
            m.receiver_addr = m.addr;
            m.receiver_port = m.port;
        } else {
            m.sender_addr = m.addr;
            m.sender_port = m.port;
        }
        if (hdr.quoted_ipv4.isValid()) {
            rewrite_error();
        } else {
            rewrite_flow();
        }
        if (m.rewrite_macs) {
            hdr.ethernet.src = m.source_mac;
            hdr.ethernet.dst = m.next_hop_mac;
        }
        send_to_port(ostd, m.egress);
    }

    // ---------------------------------------------------------------- a packet's way

    apply {
        if (istd.parser_error != error.NoError
                || (hdr.ipv4.isValid() && (hdr.ipv4.version != 4 || hdr.ipv4.ihl < 5))) {
            discard(DROP_MALFORMED);
        }
        interfaces.apply();
        bit<64> now = (bit<64>) istd.ingress_timestamp;
        if (m.protocol != IP_NONE) {
            protocols.apply();
            m.client_addr = m.from_client ? m.sender_addr : m.receiver_addr;
            m.client_port = m.from_client ? m.sender_port : m.receiver_port;
            m.other_addr = m.from_client ? m.receiver_addr : m.sender_addr;
            m.other_port = m.from_client ? m.receiver_port : m.sender_port;
            bit<32> hash = flow_hash.get_hash({ m.client_addr, m.client_port, m.protocol });
            bit<16> step = hash[31:16] | 1;
            bit<16> one = m.first_cell + (hash[15:0] & m.cell_mask);
            bit<16> two = m.first_cell + ((hash[15:0] + step) & m.cell_mask);
            bit<16> three = m.first_cell + ((hash[15:0] + 2 * step) & m.cell_mask);
            bit<16> four = m.first_cell + ((hash[15:0] + 3 * step) & m.cell_mask);
            look(one, now);
            look(two, now);
            look(three, now);
            look(four, now);
            bool opens = m.from_client && !hdr.quoted_ipv4.isValid()
                && (m.protocol == IP_UDP || m.flags & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN) == TCP_SYN);
            // A SYN that finds a closed connection of the same ends begins a new one.
            if (m.found && opens && m.protocol == IP_TCP) {
                if (progress.read(m.cell) == FIN_BOTH) {
                    m.found = false;
                }
            }
            if (m.found) {
                if (hdr.ipv4.ttl <= 1) {
                    discard(DROP_TTL);
                }
                if (!hdr.quoted_ipv4.isValid()) {
                    if (m.flags & (TCP_FIN | TCP_RST) != 0) {
                        follow_end();
                    }
                    last_used.write(m.cell, now);
                }
                translate();
            } else if (hdr.quoted_ipv4.isValid()) {
                discard(DROP_ICMP_UNMATCHED);
            } else {
                m.traffic = TRAFFIC_NO_CONNECTION;
                if (m.from_client) {
                    m.traffic = TRAFFIC_NO_SERVICE;
                    services.apply();
                }
                if (m.served) {
                    if (!opens) {
                        discard(DROP_NOT_OPENING);
                    }
                    if (hdr.ipv4.ttl <= 1) {
                        discard(DROP_TTL);
                    }
                    choose(hash);
                    backends.apply();
                    if (m.backend_port == 0) {
                        m.backend_port = m.receiver_port;
                    }
                    open(one, two, three, four, now);
                    last_used.write(m.cell, now);
                    translate();
                } else {
                    policy.apply();
                }
            }
        } else if (hdr.quoted_ipv4.isValid()) {
            discard(DROP_ICMP_UNMATCHED);
        } else {
            policy.apply();
        }
    }
}

control IngressDeparserImpl(
    packet_out pkt,
    out empty_t clone_i2e,
    out empty_t resubmitted,
    out empty_t normal,
    inout headers_t hdr,
    in meta_t m,
    in psa_ingress_output_metadata_t istd)
{
    apply {
        pkt.emit(hdr.ethernet);
        pkt.emit(hdr.ipv4);
        pkt.emit(hdr.tcp);
        pkt.emit(hdr.udp);
        pkt.emit(hdr.icmp);
        pkt.emit(hdr.icmp_error);
        pkt.emit(hdr.quoted_ipv4);
        pkt.emit(hdr.quoted_tcp);
        pkt.emit(hdr.quoted_udp);
    }
}

// Egress has nothing to do: the packet passes as it is.

struct no_headers_t {
}

parser EgressParserImpl(
    packet_in pkt,
    out no_headers_t hdr,
    inout empty_t m,
    in psa_egress_parser_input_metadata_t istd,
    in empty_t normal,
    in empty_t clone_i2e,
    in empty_t clone_e2e)
{
    state start {
        transition accept;
    }
}

control EgressImpl(
    inout no_headers_t hdr,
    inout empty_t m,
    in    psa_egress_input_metadata_t istd,
    inout psa_egress_output_metadata_t ostd)
{
    apply { }
}

control EgressDeparserImpl(
    packet_out pkt,
    out empty_t clone_e2e,
    out empty_t recirculated,
    inout no_headers_t hdr,
    in empty_t m,
    in psa_egress_output_metadata_t istd,
    in psa_egress_deparser_input_metadata_t edstd)
{
    apply { }
}

IngressPipeline(IngressParserImpl(), IngressImpl(), IngressDeparserImpl()) ingress;
EgressPipeline(EgressParserImpl(), EgressImpl(), EgressDeparserImpl()) egress;
PSA_Switch(ingress, PacketReplicationEngine(), egress, BufferingQueueingEngine()) main;
