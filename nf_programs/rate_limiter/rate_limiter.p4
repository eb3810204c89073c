// Rate limiter: two-rate three-colour meters for tenants (RFC 2698), and a limit for each of their connections.
//
//   packet --> whose is it? --> tenant's meter --red--> dropped
//                                  | green, yellow
//                                  v
//                    tenant limits connections? --> connection's bytes in this interval --too many--> dropped
//                                  |                                   |
//                                  v                                   v
//                           green: as it is        yellow: marked with a DSCP of the tenant's
//
// A tenant is known by the address on the host side, and has one meter for each direction. Two keys a packet: the
// tenant's number and the connection's five-tuple. The control plane says who is limited and how. See README.md.

#include <core.p4>
#include <pna.p4>

#ifndef CONNECTIONS
#define CONNECTIONS 262144
#endif

// Meters: two for each tenant.
#ifndef METERS
#define METERS 512
#endif

// An interval of the connections' limit has 2^INTERVAL_SHIFT ns: 1.07 s.
#ifndef INTERVAL_SHIFT
#define INTERVAL_SHIFT 30
#endif

const bit<16> ETHERTYPE_IPV4 = 0x0800;
const bit<16> ETHERTYPE_IPV6 = 0x86dd;

const bit<8> IP_NONE = 255;
const bit<8> IP_TCP = 6;
const bit<8> IP_UDP = 17;

// The first 96 bits of an IPv4 address as IPv6 writes it (RFC 4291, 2.5.5.2).
const bit<96> IPV4_MAPPED = 0xffff;

// Idle timeouts of connections, in nf.yaml.
const ExpireTimeProfileId_t PROFILE_TCP = (ExpireTimeProfileId_t) 0;
const ExpireTimeProfileId_t PROFILE_UDP = (ExpireTimeProfileId_t) 1;

// Why a packet was dropped: the index into the counter `drops`.
const bit<8> DROP_MALFORMED = 0;
const bit<8> DROP_NO_INTERFACE = 1;
const bit<8> DROP_REFUSED = 2;          // its address belongs to a tenant that `tenants` refuses
const bit<8> DROP_RED = 3;
const bit<8> DROP_CONNECTION_LIMIT = 4;
const bit<8> DROP_TABLE_FULL = 5;

// What passed: the index into the counter `passed`.
const bit<8> PASSED_GREEN = 0;
const bit<8> PASSED_YELLOW = 1;
const bit<8> PASSED_UNLIMITED = 2; // of no tenant, or no IP

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

struct headers_t {
    ethernet_h ethernet;
    ipv4_h     ipv4;
    ipv6_h     ipv6;
    tcp_h      tcp;
    udp_h      udp;
}

struct meta_t {
    bool     is_ip;
    bit<8>   protocol;          // IP_NONE: no connection that could be told
    bit<128> src;
    bit<128> dst;
    bit<16>  sport;
    bit<16>  dport;

    PortId_t egress;
    bit<128> address;           // the host side's
    bool     limited;           // a tenant's
    bit<16>  meter;
    bit<6>   yellow_dscp;
    bit<64>  connection_bytes;  // that a connection may send in an interval, both directions together; 0: no limit
    bit<64>  bytes;             // of the IP packet
    bit<64>  interval;
    PNA_MeterColor_t color;
}

// The parameters of the action `known`, as the data plane adds them.
struct known_params_t {
    FlowId_t id;
}

parser MainParser(
    packet_in pkt,
    out   headers_t hdr,
    inout meta_t m,
    in    pna_main_parser_input_metadata_t istd)
{
    state start {
        m.is_ip = false;
        m.protocol = IP_NONE;
        m.sport = 0;
        m.dport = 0;
        m.limited = false;
        pkt.extract(hdr.ethernet);
        transition select(hdr.ethernet.ethertype) {
            ETHERTYPE_IPV4: parse_ipv4;
            ETHERTYPE_IPV6: parse_ipv6;
            default: accept;
        }
    }

    // Fragments, options and extension headers hide the ports: such packets count for the tenant only.
    state parse_ipv4 {
        pkt.extract(hdr.ipv4);
        m.is_ip = true;
        m.src = IPV4_MAPPED ++ hdr.ipv4.src;
        m.dst = IPV4_MAPPED ++ hdr.ipv4.dst;
        transition select(hdr.ipv4.ihl, hdr.ipv4.more_fragments, hdr.ipv4.offset, hdr.ipv4.protocol) {
            (5, 0, 0, IP_TCP): parse_tcp;
            (5, 0, 0, IP_UDP): parse_udp;
            default: accept;
        }
    }

    state parse_ipv6 {
        pkt.extract(hdr.ipv6);
        m.is_ip = true;
        m.src = hdr.ipv6.src;
        m.dst = hdr.ipv6.dst;
        transition select(hdr.ipv6.next_header) {
            IP_TCP: parse_tcp;
            IP_UDP: parse_udp;
            default: accept;
        }
    }

    state parse_tcp {
        pkt.extract(hdr.tcp);
        m.protocol = IP_TCP;
        m.sport = hdr.tcp.sport;
        m.dport = hdr.tcp.dport;
        transition accept;
    }

    state parse_udp {
        pkt.extract(hdr.udp);
        m.protocol = IP_UDP;
        m.sport = hdr.udp.sport;
        m.dport = hdr.udp.dport;
        transition accept;
    }
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
    Meter<bit<16>>(METERS, PNA_MeterType_t.BYTES) tenant_meter;

    // One cell for each entry of `connections`, by the flow id that the entry holds: an interval, and the bytes in it.
    Register<bit<64>, FlowId_t>(CONNECTIONS, 0) connection_interval;
    Register<bit<64>, FlowId_t>(CONNECTIONS, 0) connection_used;

    Counter<bit<64>, bit<8>>(8, PNA_CounterType_t.PACKETS_AND_BYTES) drops;
    Counter<bit<64>, bit<8>>(4, PNA_CounterType_t.PACKETS_AND_BYTES) passed;

    InternetChecksum() checksum;

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

    // Meter number `up` is for what the tenant sends, `down` for what it gets.
    action limit(bit<16> up, bit<16> down, bit<6> yellow_dscp, bit<64> connection_bytes) {
        m.limited = true;
        m.meter = SelectByDirection(istd.direction, down, up);
        m.yellow_dscp = yellow_dscp;
        m.connection_bytes = connection_bytes;
    }

    action unlimited() {
    }

    action refuse() {
        discard(DROP_REFUSED);
    }

    // Whose an address is. The longest prefix wins.
    table tenants {
        key = {
            m.address: lpm @name("address");
        }
        actions = {
            limit;
            unlimited;
            refuse;
        }
        default_action = unlimited();
        size = 1024;
    }

    // ---------------------------------------------------------------- connections

    action known(FlowId_t id) {
        restart_expire_timer();
        bit<64> used = m.bytes;
        if (connection_interval.read(id) == m.interval) {
            used = used + connection_used.read(id);
        }
        if (used > m.connection_bytes) {
            discard(DROP_CONNECTION_LIMIT);
        }
        connection_interval.write(id, m.interval);
        connection_used.write(id, used);
    }

    action unknown() {
        if (m.bytes > m.connection_bytes) {
            discard(DROP_CONNECTION_LIMIT);
        }
        FlowId_t id = allocate_flow_id();
        if (!add_entry("known", (known_params_t) { id = id }, m.protocol == IP_TCP ? PROFILE_TCP : PROFILE_UDP)) {
            discard(DROP_TABLE_FULL);
        }
        connection_interval.write(id, m.interval);
        connection_used.write(id, m.bytes);
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

    // ---------------------------------------------------------------- marking

    action mark() {
        if (hdr.ipv4.isValid()) {
            bit<8> tos = m.yellow_dscp ++ hdr.ipv4.tos[1:0];
            checksum.clear();
            checksum.subtract(hdr.ipv4.checksum);
            checksum.subtract({ hdr.ipv4.version, hdr.ipv4.ihl, hdr.ipv4.tos });
            checksum.add({ hdr.ipv4.version, hdr.ipv4.ihl, tos });
            hdr.ipv4.checksum = checksum.get();
            hdr.ipv4.tos = tos;
        } else {
            hdr.ipv6.traffic_class = m.yellow_dscp ++ hdr.ipv6.traffic_class[1:0];
        }
    }

    // ---------------------------------------------------------------- a packet's way

    apply {
        if (istd.parser_error != error.NoError
                || (hdr.ipv4.isValid() && (hdr.ipv4.version != 4 || hdr.ipv4.ihl < 5))
                || (hdr.ipv6.isValid() && hdr.ipv6.version != 6)) {
            discard(DROP_MALFORMED);
        }
        interfaces.apply();
        if (m.is_ip) {
            m.address = SelectByDirection(istd.direction, m.dst, m.src);
            tenants.apply();
        }
        if (m.limited) {
            // The meter comes first: what is red never gets as far as a connection. What a connection's limit drops
            // has been charged to its tenant.
            m.color = tenant_meter.execute(m.meter);
            if (m.color == PNA_MeterColor_t.RED) {
                discard(DROP_RED);
            }
            if (m.connection_bytes != 0 && m.protocol != IP_NONE) {
                m.bytes = hdr.ipv4.isValid() ? (bit<64>) hdr.ipv4.length : 40 + (bit<64>) hdr.ipv6.payload_length;
                m.interval = (bit<64>) istd.timestamp >> INTERVAL_SHIFT;
                connections.apply();
            }
            if (m.color == PNA_MeterColor_t.YELLOW) {
                mark();
                passed.count(PASSED_YELLOW);
            } else {
                passed.count(PASSED_GREEN);
            }
        } else {
            passed.count(PASSED_UNLIMITED);
        }
        send_to_port(m.egress);
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
    }
}

PNA_NIC(MainParser(), PreControl(), MainControl(), MainDeparser()) main;
