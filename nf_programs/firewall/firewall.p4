// Stateful firewall for IPv4 and IPv6: TCP, UDP and ICMP echo, between a host side and the network.
//
// The first packet of a connection is judged by `rules`, which the control plane writes. If it is allowed, an entry
// of `connections` lets both directions pass from then on; rules are not asked again. A connection has a state, and each
// state has an idle timeout of its own. Packets that are illegal in a connection's state are dropped.
//
//   TCP   SYN_SENT --SYN,ACK--> SYN_RECEIVED --ACK--> ESTABLISHED --FIN--> CLOSING      any --RST--> RESET
//   UDP   NEW --answer--> REPLIED
//   echo  NEW --answer--> REPLIED
//
// The firewall changes no packet. Addresses are handled as 128 bits, IPv4 as ::ffff:a.b.c.d. See README.md.

#include <core.p4>
#include <pna.p4>

#ifndef CONNECTIONS
#define CONNECTIONS 262144
#endif

#ifndef RULES
#define RULES 256
#endif

const bit<16> ETHERTYPE_IPV4 = 0x0800;
const bit<16> ETHERTYPE_ARP = 0x0806;
const bit<16> ETHERTYPE_IPV6 = 0x86dd;

const bit<8> IP_ICMP = 1;
const bit<8> IP_TCP = 6;
const bit<8> IP_UDP = 17;
const bit<8> IP_ICMPV6 = 58;
const bit<8> IP_NONE = 255;

// Next-header values of IPv6 that are extension headers.
const bit<8> IPV6_HOP_BY_HOP = 0;
const bit<8> IPV6_ROUTING = 43;
const bit<8> IPV6_FRAGMENT = 44;
const bit<8> IPV6_DESTINATION = 60;
const bit<8> IPV6_AUTHENTICATION = 51;

const bit<8> ICMP_ECHO_REPLY = 0;
const bit<8> ICMP_UNREACHABLE = 3;
const bit<8> ICMP_ECHO_REQUEST = 8;
const bit<8> ICMP_TIME_EXCEEDED = 11;
const bit<8> ICMP_PARAMETER_PROBLEM = 12;
const bit<8> ICMPV6_UNREACHABLE = 1;
const bit<8> ICMPV6_TOO_BIG = 2;
const bit<8> ICMPV6_TIME_EXCEEDED = 3;
const bit<8> ICMPV6_PARAMETER_PROBLEM = 4;
const bit<8> ICMPV6_ECHO_REQUEST = 128;
const bit<8> ICMPV6_ECHO_REPLY = 129;
// 133 to 137: router and neighbour solicitation and advertisement, redirect.
const bit<8> ICMPV6_ND_FIRST = 133;
const bit<8> ICMPV6_ND_LAST = 137;

const bit<8> TCP_FIN = 0x01;
const bit<8> TCP_SYN = 0x02;
const bit<8> TCP_RST = 0x04;
const bit<8> TCP_ACK = 0x10;

const bit<96> IPV4_MAPPED = 96w0xffff;

// The direction of a packet, and of the one that opened a connection, as keys of tables hold it.
const bit<8> FROM_NET = 0;
const bit<8> FROM_HOST = 1;

// The state of a connection; its number is that of its expire profile too.
const bit<8> STATE_SYN_SENT = 0;
const bit<8> STATE_SYN_RECEIVED = 1;
const bit<8> STATE_ESTABLISHED = 2;
const bit<8> STATE_CLOSING = 3;
const bit<8> STATE_RESET = 4;
const bit<8> STATE_UDP_NEW = 5;
const bit<8> STATE_UDP_REPLIED = 6;
const bit<8> STATE_ECHO_NEW = 7;
const bit<8> STATE_ECHO_REPLIED = 8;
const bit<8> STATE_ILLEGAL = 255; // says that the packet must not be

// What belongs to no connection, as the key of `policy`. A packet that it blocks is counted under the same number.
const bit<8> TRAFFIC_FRAGMENT = 0;
const bit<8> TRAFFIC_IPV4_OPTIONS = 1;
const bit<8> TRAFFIC_IPV6_EXTENSION = 2;
const bit<8> TRAFFIC_ARP = 3;
const bit<8> TRAFFIC_NEIGHBOUR_DISCOVERY = 4;
const bit<8> TRAFFIC_OTHER_ICMP = 5;
const bit<8> TRAFFIC_OTHER_PROTOCOL = 6;
const bit<8> TRAFFIC_OTHER_ETHERTYPE = 7;

// Why a packet was dropped: the index into the counter `drops` (0 to 7 as above).
const bit<8> DROP_MALFORMED = 8;
const bit<8> DROP_NO_INTERFACE = 9;
const bit<8> DROP_DENIED = 10;         // a new connection that the rules don't allow
const bit<8> DROP_NOT_OPENING = 11;    // of no connection, and not a packet that opens one
const bit<8> DROP_ILLEGAL_STATE = 12;  // of a connection, but illegal in its state
const bit<8> DROP_ICMP_UNMATCHED = 13; // an ICMP error about a packet of no connection
const bit<8> DROP_TABLE_FULL = 14;

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
    bit<16>  length;
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

header icmp_echo_h {
    bit<16> id;
    bit<16> seq;
}

header icmp_error_h {
    bit<32> rest;
}

// The first 8 bytes behind a quoted IP header, all that an ICMP error must carry: ports of TCP and UDP ...
header quoted_ports_h {
    bit<16> sport;
    bit<16> dport;
    bit<32> rest;
}

// ... or an echo header.
header quoted_icmp_h {
    bit<8>  kind;
    bit<8>  code;
    bit<16> checksum;
    bit<16> id;
    bit<16> seq;
}

struct headers_t {
    ethernet_h     ethernet;
    ipv4_h         ipv4;
    ipv6_h         ipv6;
    tcp_h          tcp;
    udp_h          udp;
    icmp_h         icmp;
    icmp_echo_h    echo;
    icmp_error_h   icmp_error;
    ipv4_h         quoted_ipv4;
    ipv6_h         quoted_ipv6;
    quoted_ports_h quoted_ports;
    quoted_icmp_h  quoted_icmp;
}

// `src` and `dst` name the connection as seen in the direction of this packet. An ICMP error quotes a packet that went
// the other way, so its ends are the quoted ones, exchanged. An echo request has its identifier as source port and 0 as
// destination port, a reply the other way round: pings of both sides with the same identifier are two connections.
struct meta_t {
    bit<8>   protocol;
    bit<128> src;
    bit<128> dst;
    bit<16>  sport;
    bit<16>  dport;
    bool     is_error;   // an ICMP error: belongs to the connection, but neither uses nor opens it
    bool     is_opening; // may be the first packet of a connection

    bit<8>   traffic;    // for packets of no connection
    bit<8>   direction;
    bit<8>   first_state;
    bool     admitted;   // the rules allow the connection ...
    bit<8>   rule;       // ... and this is the number of the one that did
    PortId_t egress;
}

// The parameters of the action `known`, as the data plane adds them.
struct known_params_t {
    FlowId_t id;
    bit<8>   opener;
}

parser MainParser(
    packet_in pkt,
    out   headers_t hdr,
    inout meta_t m,
    in    pna_main_parser_input_metadata_t istd)
{
    state start {
        m.protocol = IP_NONE;
        m.traffic = TRAFFIC_OTHER_ETHERTYPE;
        m.sport = 0;
        m.dport = 0;
        m.is_error = false;
        m.is_opening = false;
        m.admitted = false;
        pkt.extract(hdr.ethernet);
        transition select(hdr.ethernet.ethertype) {
            ETHERTYPE_IPV4: parse_ipv4;
            ETHERTYPE_IPV6: parse_ipv6;
            ETHERTYPE_ARP: parse_arp;
            default: accept;
        }
    }

    state parse_arp {
        m.traffic = TRAFFIC_ARP;
        transition accept;
    }

    state parse_ipv4 {
        pkt.extract(hdr.ipv4);
        m.traffic = TRAFFIC_OTHER_PROTOCOL;
        m.src = IPV4_MAPPED ++ hdr.ipv4.src;
        m.dst = IPV4_MAPPED ++ hdr.ipv4.dst;
        transition select(hdr.ipv4.ihl, hdr.ipv4.more_fragments, hdr.ipv4.offset) {
            (5, 0, 0): parse_ipv4_transport;
            (5, _, _): parse_fragment;
            default: parse_ipv4_options;
        }
    }

    state parse_ipv4_transport {
        transition select(hdr.ipv4.protocol) {
            IP_TCP: parse_tcp;
            IP_UDP: parse_udp;
            IP_ICMP: parse_icmp;
            default: accept;
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

    state parse_ipv6 {
        pkt.extract(hdr.ipv6);
        m.traffic = TRAFFIC_OTHER_PROTOCOL;
        m.src = hdr.ipv6.src;
        m.dst = hdr.ipv6.dst;
        transition select(hdr.ipv6.next_header) {
            IP_TCP: parse_tcp;
            IP_UDP: parse_udp;
            IP_ICMPV6: parse_icmpv6;
            IPV6_FRAGMENT: parse_fragment;
            IPV6_HOP_BY_HOP: parse_ipv6_extension;
            IPV6_ROUTING: parse_ipv6_extension;
            IPV6_DESTINATION: parse_ipv6_extension;
            IPV6_AUTHENTICATION: parse_ipv6_extension;
            default: accept;
        }
    }

    state parse_ipv6_extension {
        m.traffic = TRAFFIC_IPV6_EXTENSION;
        transition accept;
    }

    state parse_tcp {
        pkt.extract(hdr.tcp);
        m.protocol = IP_TCP;
        m.sport = hdr.tcp.sport;
        m.dport = hdr.tcp.dport;
        m.first_state = STATE_SYN_SENT;
        m.is_opening = (hdr.tcp.flags & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN)) == TCP_SYN;
        transition accept;
    }

    state parse_udp {
        pkt.extract(hdr.udp);
        m.protocol = IP_UDP;
        m.sport = hdr.udp.sport;
        m.dport = hdr.udp.dport;
        m.first_state = STATE_UDP_NEW;
        m.is_opening = true;
        transition accept;
    }

    state parse_icmp {
        pkt.extract(hdr.icmp);
        m.traffic = TRAFFIC_OTHER_ICMP;
        transition select(hdr.icmp.kind) {
            ICMP_ECHO_REQUEST: parse_echo_request;
            ICMP_ECHO_REPLY: parse_echo_reply;
            ICMP_UNREACHABLE: parse_error_ipv4;
            ICMP_TIME_EXCEEDED: parse_error_ipv4;
            ICMP_PARAMETER_PROBLEM: parse_error_ipv4;
            default: accept;
        }
    }

    state parse_icmpv6 {
        pkt.extract(hdr.icmp);
        m.traffic = TRAFFIC_OTHER_ICMP;
        transition select(hdr.icmp.kind) {
            ICMPV6_ECHO_REQUEST: parse_echo_request;
            ICMPV6_ECHO_REPLY: parse_echo_reply;
            ICMPV6_UNREACHABLE: parse_error_ipv6;
            ICMPV6_TOO_BIG: parse_error_ipv6;
            ICMPV6_TIME_EXCEEDED: parse_error_ipv6;
            ICMPV6_PARAMETER_PROBLEM: parse_error_ipv6;
            ICMPV6_ND_FIRST .. ICMPV6_ND_LAST: parse_neighbour_discovery;
            default: accept;
        }
    }

    state parse_neighbour_discovery {
        m.traffic = TRAFFIC_NEIGHBOUR_DISCOVERY;
        transition accept;
    }

    // ICMP and ICMPv6 are told apart by the addresses.
    state parse_echo_request {
        pkt.extract(hdr.echo);
        m.protocol = IP_ICMP;
        m.sport = hdr.echo.id;
        m.first_state = STATE_ECHO_NEW;
        m.is_opening = true;
        transition accept;
    }

    state parse_echo_reply {
        pkt.extract(hdr.echo);
        m.protocol = IP_ICMP;
        m.dport = hdr.echo.id;
        transition accept;
    }

    state parse_error_ipv4 {
        pkt.extract(hdr.icmp_error);
        pkt.extract(hdr.quoted_ipv4);
        m.is_error = true;
        m.src = IPV4_MAPPED ++ hdr.quoted_ipv4.dst;
        m.dst = IPV4_MAPPED ++ hdr.quoted_ipv4.src;
        transition select(hdr.quoted_ipv4.version, hdr.quoted_ipv4.ihl, hdr.quoted_ipv4.offset,
                          hdr.quoted_ipv4.protocol) {
            (4, 5, 0, IP_TCP): parse_quoted_tcp;
            (4, 5, 0, IP_UDP): parse_quoted_udp;
            (4, 5, 0, IP_ICMP): parse_quoted_icmp;
            default: accept;
        }
    }

    state parse_error_ipv6 {
        pkt.extract(hdr.icmp_error);
        pkt.extract(hdr.quoted_ipv6);
        m.is_error = true;
        m.src = hdr.quoted_ipv6.dst;
        m.dst = hdr.quoted_ipv6.src;
        transition select(hdr.quoted_ipv6.version, hdr.quoted_ipv6.next_header) {
            (6, IP_TCP): parse_quoted_tcp;
            (6, IP_UDP): parse_quoted_udp;
            (6, IP_ICMPV6): parse_quoted_icmp;
            default: accept;
        }
    }

    state parse_quoted_tcp {
        pkt.extract(hdr.quoted_ports);
        m.protocol = IP_TCP;
        m.sport = hdr.quoted_ports.dport;
        m.dport = hdr.quoted_ports.sport;
        transition accept;
    }

    state parse_quoted_udp {
        pkt.extract(hdr.quoted_ports);
        m.protocol = IP_UDP;
        m.sport = hdr.quoted_ports.dport;
        m.dport = hdr.quoted_ports.sport;
        transition accept;
    }

    state parse_quoted_icmp {
        pkt.extract(hdr.quoted_icmp);
        transition select(hdr.quoted_icmp.kind) {
            ICMP_ECHO_REQUEST: parse_quoted_request;
            ICMPV6_ECHO_REQUEST: parse_quoted_request;
            ICMP_ECHO_REPLY: parse_quoted_reply;
            ICMPV6_ECHO_REPLY: parse_quoted_reply;
            default: accept;
        }
    }

    state parse_quoted_request {
        m.protocol = IP_ICMP;
        m.dport = hdr.quoted_icmp.id;
        transition accept;
    }

    state parse_quoted_reply {
        m.protocol = IP_ICMP;
        m.sport = hdr.quoted_icmp.id;
        transition accept;
    }
}

// The state that a TCP connection is in after a packet with these flags, or STATE_ILLEGAL. Data and acknowledgements of an
// established connection change nothing, and are tested first.
bit<8> tcp_next(in bit<8> state, in bit<8> tcp_flags, in bool from_opener) {
    bit<8> flags = tcp_flags & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN);
    bit<8> next = STATE_ILLEGAL;
    if (flags == TCP_ACK) {
        if (state == STATE_ESTABLISHED || state == STATE_CLOSING) {
            next = state;
        } else if (state == STATE_SYN_RECEIVED) {
            next = from_opener ? STATE_ESTABLISHED : STATE_SYN_RECEIVED;
        }
    } else if (flags == (TCP_FIN | TCP_ACK)) {
        if (state == STATE_SYN_RECEIVED || state == STATE_ESTABLISHED || state == STATE_CLOSING) {
            next = STATE_CLOSING;
        }
    } else if (flags == TCP_RST || flags == (TCP_RST | TCP_ACK)) {
        next = STATE_RESET;
    } else if (flags == TCP_SYN && from_opener) {
        // Sent again, or a new connection on the ports of one that has ended.
        if (state == STATE_SYN_RECEIVED) {
            next = STATE_SYN_RECEIVED;
        } else if (state != STATE_ESTABLISHED) {
            next = STATE_SYN_SENT;
        }
    } else if (flags == (TCP_SYN | TCP_ACK) && !from_opener) {
        // Sent again, also when the acknowledgement got lost behind us.
        if (state == STATE_SYN_SENT || state == STATE_SYN_RECEIVED) {
            next = STATE_SYN_RECEIVED;
        } else if (state == STATE_ESTABLISHED) {
            next = STATE_ESTABLISHED;
        }
    }
    return next;
}

control PreControl(
    in    headers_t hdr,
    inout meta_t m,
    in    pna_pre_input_metadata_t istd,
    inout pna_pre_output_metadata_t ostd)
{
    apply { }
}

control MainControl(
    inout headers_t hdr,
    inout meta_t m,
    in    pna_main_input_metadata_t istd,
    inout pna_main_output_metadata_t ostd)
{
    // One cell for each entry of `connections`, by the flow id that the entry holds.
    Register<bit<8>, FlowId_t>(CONNECTIONS, 0) connection_state;

    Counter<bit<64>, bit<8>>(16, PNA_CounterType_t.PACKETS) drops;
    // Connections that were opened, by the number that the rule gives.
    Counter<bit<64>, bit<8>>(256, PNA_CounterType_t.PACKETS) opened;

    // Counts and ends the packet.
    action discard(in bit<8> reason) {
        drops.count(reason);
        drop_packet();
        exit;
    }

    // ---------------------------------------------------------------- configuration

    action forward_to(PortId_t port) {
        m.egress = port;
    }

    action no_interface() {
        discard(DROP_NO_INTERFACE);
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

    action let_through() {
        send_to_port(m.egress);
    }

    action block() {
        discard(m.traffic);
    }

    // What to do with packets that belong to no connection.
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

    action allow(bit<8> number) {
        m.admitted = true;
        m.rule = number;
    }

    action deny() {
        discard(DROP_DENIED);
    }

    // Who may open a connection to whom; asked for first packets only. The highest priority wins.
    table rules {
        key = {
            m.direction: ternary @name("direction");
            m.protocol: ternary @name("protocol");
            m.src: ternary @name("source");
            m.dst: ternary @name("destination");
            m.sport: range @name("source_port");
            m.dport: range @name("destination_port");
        }
        actions = {
            allow;
            deny;
        }
        default_action = deny();
        size = RULES;
    }

    // ---------------------------------------------------------------- connections

    // The action of a connection's entry; `opener` is the side that its first packet came from.
    action known(FlowId_t id, bit<8> opener) {
        // An ICMP error passes and changes nothing. So does a packet that the rules have just admitted: it finds
        // an entry only if another packet opened the same connection at the same time.
        if (!m.is_error && !m.admitted) {
            bit<8> state = connection_state.read(id);
            bit<8> next = state;
            if (m.protocol == IP_TCP) {
                next = tcp_next(state, hdr.tcp.flags, m.direction == opener);
            } else if (m.direction != opener) {
                next = m.protocol == IP_UDP ? STATE_UDP_REPLIED : STATE_ECHO_REPLIED;
            }
            if (next == STATE_ILLEGAL) {
                discard(DROP_ILLEGAL_STATE);
            }
            // Mostly both of these store what is there already, and only the timer is restarted.
            connection_state.write(id, next);
            set_entry_expire_time((ExpireTimeProfileId_t) next);
        }
    }

    // Opens the connection once the rules have admitted it.
    action unknown() {
        if (m.admitted) {
            FlowId_t id = allocate_flow_id();
            if (!add_entry("known", (known_params_t) { id = id, opener = m.direction },
                           (ExpireTimeProfileId_t) m.first_state)) {
                discard(DROP_TABLE_FULL);
            }
            connection_state.write(id, m.first_state);
            opened.count(m.rule);
        }
    }

    // One entry for both directions.
    table connections {
        key = {
            SelectByDirection(istd.direction, m.src, m.dst): exact @name("remote");
            SelectByDirection(istd.direction, m.dst, m.src): exact @name("local");
            SelectByDirection(istd.direction, m.sport, m.dport): exact @name("remote_port");
            SelectByDirection(istd.direction, m.dport, m.sport): exact @name("local_port");
            m.protocol: exact @name("protocol");
        }
        actions = {
            @tableonly known;
            @defaultonly unknown;
        }
        const default_action = unknown;
        add_on_miss = true;
        idle_timeout_with_auto_delete = true;
        size = CONNECTIONS;
    }

    // ---------------------------------------------------------------- a packet's way

    apply {
        if (istd.parser_error != error.NoError) {
            discard(DROP_MALFORMED);
        }
        if (hdr.ipv4.isValid() && (hdr.ipv4.version != 4 || hdr.ipv4.ihl < 5)) {
            discard(DROP_MALFORMED);
        }
        if (hdr.ipv6.isValid() && hdr.ipv6.version != 6) {
            discard(DROP_MALFORMED);
        }
        interfaces.apply();

        if (m.protocol != IP_NONE) {
            m.direction = istd.direction == PNA_Direction_t.HOST_TO_NET ? FROM_HOST : FROM_NET;
            // The data plane adds entries only from the miss action of the lookup that missed, and the rules are
            // asked only after a miss: so a first packet, and no other, looks its connection up a second time.
            if (connections.apply().miss) {
                if (m.is_error) {
                    discard(DROP_ICMP_UNMATCHED);
                }
                if (!m.is_opening) {
                    discard(DROP_NOT_OPENING);
                }
                rules.apply();
                connections.apply();
            }
            send_to_port(m.egress);
        } else if (m.is_error) {
            // It quotes something that can't be a connection's.
            discard(DROP_ICMP_UNMATCHED);
        } else {
            policy.apply();
        }
    }
}

control MainDeparser(
    packet_out pkt,
    in    headers_t hdr,
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
        pkt.emit(hdr.echo);
        pkt.emit(hdr.icmp_error);
        pkt.emit(hdr.quoted_ipv4);
        pkt.emit(hdr.quoted_ipv6);
        pkt.emit(hdr.quoted_ports);
        pkt.emit(hdr.quoted_icmp);
    }
}

PNA_NIC(MainParser(), PreControl(), MainControl(), MainDeparser()) main;
