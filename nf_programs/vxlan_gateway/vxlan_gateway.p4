// VXLAN gateway (RFC 7348): tenants' networks, by VLAN on the one side, in VXLAN tunnels over an IPv4 underlay on the
// other.
//
//   tenants, VLAN --> [ vlans: tenant ] --> [ stations: where is the destination? ] --> encapsulated --> underlay
//   tenants, VLAN <-- decapsulated <-- [ stations: the source is there ] <-- [ vnis: tenant ] <-- underlay
//
// Which station is behind which tunnel end (VTEP) is learned from the frames that come in, and forgotten when none has
// come for a time. Nothing is flooded: frames to stations that aren't known go to one VTEP of the tenant's, or nowhere.
// See README.md.

#include <core.p4>
#include <pna.p4>

// Stations behind tunnels, of all tenants. Those that were forgotten take up room until they are swept.
#ifndef STATIONS
#define STATIONS 65536
#endif

const bit<16> ETHERTYPE_IPV4 = 0x0800;
const bit<16> ETHERTYPE_ARP = 0x0806;
const bit<16> ETHERTYPE_VLAN = 0x8100;
const bit<16> ETHERTYPE_SERVICE_VLAN = 0x88a8;
const bit<16> ETHERTYPE_IPV6 = 0x86dd;

const bit<8> IP_TCP = 6;
const bit<8> IP_UDP = 17;

const bit<16> VXLAN_PORT = 4789;

// In front of a frame: IPv4, UDP, VXLAN. And what a frame has in front of its packet.
const bit<16> OUTER_BYTES = 36;
const bit<16> ETHERNET_BYTES = 14;
const bit<16> ARP_BYTES = 28;

// More would not fit into 16 bits together with all headers.
const bit<16> MOST_PAYLOAD = 65440;

// The first 96 bits of an IPv4 address as IPv6 writes it (RFC 4291, 2.5.5.2).
const bit<96> IPV4_MAPPED = 0xffff;

// Congestion marks of IP (RFC 3168).
const bit<2> NOT_ECT = 0;
const bit<2> CE = 3;

// What comes from the underlay and isn't VXLAN, as the key of `policy`.
const bit<8> TRAFFIC_ARP = 0;
const bit<8> TRAFFIC_NOT_TUNNELLED = 1;
const bit<8> TRAFFIC_FRAGMENT = 2;
const bit<8> TRAFFIC_OTHER = 3;

// Why a packet was dropped: the index into the counter `drops` (0 to 3 as above).
const bit<8> DROP_MALFORMED = 4;
const bit<8> DROP_NO_INTERFACE = 5;
const bit<8> DROP_UNTAGGED = 6;
const bit<8> DROP_UNKNOWN_VLAN = 7;
const bit<8> DROP_UNKNOWN_VNI = 8;
const bit<8> DROP_UNKNOWN_VTEP = 9;
const bit<8> DROP_UNKNOWN_STATION = 10; // of a tenant that has no VTEP for such frames
const bit<8> DROP_NO_LENGTH = 11;       // from tenants, neither IP nor ARP: nothing in the frame says how long it is
const bit<8> DROP_TOO_LONG = 12;
const bit<8> DROP_INNER_TAG = 13;       // a VLAN tag within a tunnel
const bit<8> DROP_CONGESTION = 14;      // marked on its way, and its sender wouldn't understand
const bit<8> DROP_BAD_SOURCE = 15;      // a group address as source

// What passed: the index into the counter `passed`.
const bit<8> PASSED_KNOWN = 0;     // to the VTEP of its station
const bit<8> PASSED_UNKNOWN = 1;   // to the tenant's VTEP for all others
const bit<8> PASSED_TO_TENANT = 2;

// What was learned: the index into the counter `learning`.
const bit<8> LEARNED = 0;
const bit<8> MOVED = 1;
const bit<8> NO_ROOM = 2;

header ethernet_h {
    bit<48> dst;
    bit<48> src;
    bit<16> ethertype;
}

header vlan_h {
    bit<3>  priority;
    bit<1>  eligible;
    bit<12> id;
    bit<16> ethertype;
}

header ipv4_h {
    bit<4>  version;
    bit<4>  ihl;
    bit<6>  dscp;
    bit<2>  ecn;
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
    bit<6>   dscp;
    bit<2>   ecn;
    bit<20>  flow_label;
    bit<16>  payload_length;
    bit<8>   next_header;
    bit<8>   hop_limit;
    bit<128> src;
    bit<128> dst;
}

// Its addresses have the sizes that it says itself.
header arp_h {
    bit<16> hardware;
    bit<16> protocol;
    bit<8>  hardware_bytes;
    bit<8>  protocol_bytes;
    bit<16> operation;
}

header udp_h {
    bit<16> sport;
    bit<16> dport;
    bit<16> length;
    bit<16> checksum;
}

header vxlan_h {
    bit<4>  reserved;
    bit<1>  has_vni;
    bit<3>  reserved2;
    bit<24> reserved3;
    bit<24> vni;
    bit<8>  reserved4;
}

// TCP and UDP begin alike.
header ports_h {
    bit<16> sport;
    bit<16> dport;
}

struct headers_t {
    ethernet_h outer_ethernet;
    ipv4_h     outer_ipv4;
    udp_h      outer_udp;
    vxlan_h    vxlan;
    ethernet_h ethernet;
    vlan_h     vlan;
    ipv4_h     ipv4;
    ipv6_h     ipv6;
    arp_h      arp;
    ports_h    ports;
}

struct meta_t {
    bool     malformed;
    bit<8>   traffic;        // from the underlay, if it isn't VXLAN
    bit<128> src;
    bit<128> dst;
    bit<8>   protocol;
    bit<16>  sport;
    bit<16>  dport;
    bit<16>  bytes;          // of the tenant's frame, without its tag
    bit<6>   dscp;
    bit<2>   ecn;

    bool     from_tenants;
    PortId_t egress;
    bit<32>  local;          // the gateway's own VTEP
    bit<48>  source_mac;
    bit<16>  mtu;
    bit<24>  vni;
    bit<12>  vlan;
    bit<32>  unknown_to;     // the VTEP for frames to stations that aren't known; 0: there is none
    bit<32>  vtep;
    bool     known;
    bit<48>  next_hop_mac;
}

// The parameters of the action `known`, as the data plane adds them.
struct known_params_t {
    FlowId_t id;
}

// What the control plane gets.
struct station_moved_t {
    bit<24> vni;
    bit<48> station;
    bit<32> was;
    bit<32> now;
}

parser MainParser(
    packet_in pkt,
    out   headers_t hdr,
    inout meta_t m,
    in    pna_main_parser_input_metadata_t istd)
{
    state start {
        m.protocol = 0;
        m.sport = 0;
        m.dport = 0;
        m.bytes = 0;
        m.dscp = 0;
        m.ecn = NOT_ECT;
        m.known = false;
        transition select(istd.direction) {
            PNA_Direction_t.HOST_TO_NET: parse_tenant;
            default: parse_underlay;
        }
    }

    // ------------------------------------------------------------ from tenants

    state parse_tenant {
        pkt.extract(hdr.ethernet);
        transition select(hdr.ethernet.ethertype) {
            ETHERTYPE_VLAN: parse_vlan;
            default: accept;
        }
    }

    state parse_vlan {
        pkt.extract(hdr.vlan);
        transition select(hdr.vlan.ethertype) {
            ETHERTYPE_IPV4: parse_ipv4;
            ETHERTYPE_IPV6: parse_ipv6;
            ETHERTYPE_ARP: parse_arp;
            default: accept;
        }
    }

    // ------------------------------------------------------------ from the underlay

    state parse_underlay {
        pkt.extract(hdr.outer_ethernet);
        transition select(hdr.outer_ethernet.ethertype) {
            ETHERTYPE_IPV4: parse_outer_ipv4;
            default: accept;
        }
    }

    state parse_outer_ipv4 {
        pkt.extract(hdr.outer_ipv4);
        transition select(hdr.outer_ipv4.version, hdr.outer_ipv4.ihl, hdr.outer_ipv4.more_fragments,
                          hdr.outer_ipv4.offset, hdr.outer_ipv4.protocol) {
            (4, 5, 0, 0, IP_UDP): parse_outer_udp;
            default: accept;
        }
    }

    state parse_outer_udp {
        pkt.extract(hdr.outer_udp);
        transition select(hdr.outer_udp.dport) {
            VXLAN_PORT: parse_vxlan;
            default: accept;
        }
    }

    state parse_vxlan {
        pkt.extract(hdr.vxlan);
        pkt.extract(hdr.ethernet);
        transition select(hdr.ethernet.ethertype) {
            ETHERTYPE_IPV4: parse_ipv4;
            ETHERTYPE_IPV6: parse_ipv6;
            default: accept;
        }
    }

    // ------------------------------------------------------------ the tenant's packet

    state parse_ipv4 {
        pkt.extract(hdr.ipv4);
        m.src = IPV4_MAPPED ++ hdr.ipv4.src;
        m.dst = IPV4_MAPPED ++ hdr.ipv4.dst;
        m.protocol = hdr.ipv4.protocol;
        m.bytes = ETHERNET_BYTES + hdr.ipv4.length;
        m.dscp = hdr.ipv4.dscp;
        m.ecn = hdr.ipv4.ecn;
        transition select(hdr.ipv4.ihl, hdr.ipv4.more_fragments, hdr.ipv4.offset, hdr.ipv4.protocol) {
            (5, 0, 0, IP_TCP): parse_ports;
            (5, 0, 0, IP_UDP): parse_ports;
            default: accept;
        }
    }

    state parse_ipv6 {
        pkt.extract(hdr.ipv6);
        m.src = hdr.ipv6.src;
        m.dst = hdr.ipv6.dst;
        m.protocol = hdr.ipv6.next_header;
        m.bytes = ETHERNET_BYTES + 40 + hdr.ipv6.payload_length;
        m.dscp = hdr.ipv6.dscp;
        m.ecn = hdr.ipv6.ecn;
        transition select(hdr.ipv6.next_header) {
            IP_TCP: parse_ports;
            IP_UDP: parse_ports;
            default: accept;
        }
    }

    state parse_arp {
        pkt.extract(hdr.arp);
        m.bytes = ETHERNET_BYTES + ARP_BYTES;
        transition accept;
    }

    state parse_ports {
        pkt.extract(hdr.ports);
        m.sport = hdr.ports.sport;
        m.dport = hdr.ports.dport;
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
    // One cell for each entry of `stations`, by the flow id that the entry holds: the VTEP that the station is behind.
    Register<bit<32>, FlowId_t>(STATIONS, 0) station_vtep;

    Counter<bit<64>, bit<8>>(16, PNA_CounterType_t.PACKETS_AND_BYTES) drops;
    Counter<bit<64>, bit<8>>(4, PNA_CounterType_t.PACKETS_AND_BYTES) passed;
    Counter<bit<64>, bit<8>>(4, PNA_CounterType_t.PACKETS) learning;

    Hash<bit<32>>(PNA_HashAlgorithm_t.CRC32) flow_hash;
    InternetChecksum() checksum;
    Digest<station_moved_t>() station_moved;

    // Counts and ends the packet.
    action discard(in bit<8> reason) {
        drops.count(reason);
        drop_packet();
        exit;
    }

    // ---------------------------------------------------------------- configuration

    // Frames of tenants. Tunnels begin at `address` and leave by `port`, with at most `mtu` bytes from the outer IP
    // header on.
    action tenants(PortId_t port, bit<32> address, bit<48> source_mac, bit<16> mtu) {
        m.from_tenants = true;
        m.egress = port;
        m.local = address;
        m.source_mac = source_mac;
        m.mtu = mtu;
    }

    // The underlay. Tunnels to `address` end here; what is in them leaves by `port`.
    action underlay(PortId_t port, bit<32> address) {
        m.from_tenants = false;
        m.egress = port;
        m.local = address;
    }

    action no_interface() {
        discard(DROP_NO_INTERFACE);
    }

    table interfaces {
        key = {
            istd.input_port: exact @name("port");
        }
        actions = {
            tenants;
            underlay;
            @defaultonly no_interface;
        }
        const default_action = no_interface;
        size = 64;
    }

    // `unknown_to` is the VTEP that gets frames to all and to stations that aren't known: one that copies them
    // to others. 0: they are dropped.
    action tenant(bit<24> vni, bit<32> unknown_to) {
        m.vni = vni;
        m.unknown_to = unknown_to;
    }

    action unknown_vlan() {
        discard(DROP_UNKNOWN_VLAN);
    }

    table vlans {
        key = {
            hdr.vlan.id: exact @name("vlan");
        }
        actions = {
            tenant;
            @defaultonly unknown_vlan;
        }
        const default_action = unknown_vlan;
        size = 4096;
    }

    action to_vlan(bit<12> vlan) {
        m.vlan = vlan;
    }

    action unknown_vni() {
        discard(DROP_UNKNOWN_VNI);
    }

    table vnis {
        key = {
            m.vni: exact @name("vni");
        }
        actions = {
            to_vlan;
            @defaultonly unknown_vni;
        }
        const default_action = unknown_vni;
        size = 4096;
    }

    action reached_by(bit<48> next_hop_mac) {
        m.next_hop_mac = next_hop_mac;
    }

    action unknown_vtep() {
        discard(DROP_UNKNOWN_VTEP);
    }

    // The other ends of tunnels: nobody else may send, and teach where stations are.
    table vteps {
        key = {
            m.vtep: exact @name("address");
        }
        actions = {
            reached_by;
            @defaultonly unknown_vtep;
        }
        const default_action = unknown_vtep;
        size = 1024;
    }

    action let_through() {
        send_to_port(m.egress);
    }

    action block() {
        discard(m.traffic);
    }

    // What to do with what the underlay brings beside tunnels.
    table policy {
        key = {
            m.traffic: exact @name("traffic");
        }
        actions = {
            let_through;
            block;
        }
        default_action = block();
        size = 4;
    }

    // ---------------------------------------------------------------- stations

    // Only frames from the station itself keep it known.
    action known(FlowId_t id) {
        bit<32> vtep = station_vtep.read(id);
        if (m.from_tenants) {
            m.known = true;
            m.vtep = vtep;
        } else {
            restart_expire_timer();
            if (vtep != m.vtep) {
                station_vtep.write(id, m.vtep);
                learning.count(MOVED);
                station_moved.pack({ m.vni, hdr.ethernet.src, vtep, m.vtep });
            }
        }
    }

    // A frame whose source can't be learned passes all the same.
    action unknown() {
        if (!m.from_tenants) {
            FlowId_t id = allocate_flow_id();
            if (add_entry("known", (known_params_t) { id = id }, (ExpireTimeProfileId_t) 0)) {
                station_vtep.write(id, m.vtep);
                learning.count(LEARNED);
            } else {
                learning.count(NO_ROOM);
            }
        }
    }

    // From the underlay the source is learned, from tenants the destination is looked for.
    table stations {
        key = {
            m.vni: exact @name("vni");
            SelectByDirection(istd.direction, hdr.ethernet.src, hdr.ethernet.dst): exact @name("station");
        }
        actions = {
            @tableonly known;
            @defaultonly unknown;
        }
        const default_action = unknown;
        add_on_miss = true;
        idle_timeout_with_auto_delete = true;
        size = STATIONS;
    }

    // ---------------------------------------------------------------- tunnels

    // The outer packet can't be fragmented, so its identification says nothing (RFC 6864). Its source port tells flows
    // apart (RFC 7348, 5); it has the marks of what it carries (RFC 6040), and needs no UDP checksum.
    action encapsulate() {
        bit<32> hash = flow_hash.get_hash({ hdr.ethernet.src, hdr.ethernet.dst, m.src, m.dst, m.protocol, m.sport,
                                            m.dport });
        hdr.ethernet.ethertype = hdr.vlan.ethertype;
        hdr.vlan.setInvalid();
        hdr.vxlan.setValid();
        hdr.vxlan = { 0, 1, 0, 0, m.vni, 0 };
        hdr.outer_udp.setValid();
        hdr.outer_udp = { hash[15:0] | 0xc000, VXLAN_PORT, m.bytes + 16, 0 };
        hdr.outer_ipv4.setValid();
        hdr.outer_ipv4 = { 4, 5, m.dscp, m.ecn, m.bytes + OUTER_BYTES, 0, 0, 1, 0, 0, 64, IP_UDP, 0, m.local, m.vtep };
        checksum.clear();
        checksum.add({ hdr.outer_ipv4.version, hdr.outer_ipv4.ihl, hdr.outer_ipv4.dscp, hdr.outer_ipv4.ecn,
                       hdr.outer_ipv4.length, hdr.outer_ipv4.id, hdr.outer_ipv4.reserved,
                       hdr.outer_ipv4.dont_fragment, hdr.outer_ipv4.more_fragments, hdr.outer_ipv4.offset,
                       hdr.outer_ipv4.ttl, hdr.outer_ipv4.protocol, hdr.outer_ipv4.src, hdr.outer_ipv4.dst });
        hdr.outer_ipv4.checksum = checksum.get();
        hdr.outer_ethernet.setValid();
        hdr.outer_ethernet = { m.next_hop_mac, m.source_mac, ETHERTYPE_IPV4 };
    }

    // The mark of a packet that met congestion on its way goes on (RFC 6040, 4.2).
    action mark() {
        if (hdr.ipv4.isValid()) {
            checksum.clear();
            checksum.subtract(hdr.ipv4.checksum);
            checksum.subtract({ hdr.ipv4.version, hdr.ipv4.ihl, hdr.ipv4.dscp, hdr.ipv4.ecn });
            checksum.add({ hdr.ipv4.version, hdr.ipv4.ihl, hdr.ipv4.dscp, CE });
            hdr.ipv4.checksum = checksum.get();
            hdr.ipv4.ecn = CE;
        }
        if (hdr.ipv6.isValid()) {
            hdr.ipv6.ecn = CE;
        }
    }

    action decapsulate() {
        if (hdr.outer_ipv4.ecn == CE && m.ecn != CE) {
            mark();
        }
        hdr.outer_ethernet.setInvalid();
        hdr.outer_ipv4.setInvalid();
        hdr.outer_udp.setInvalid();
        hdr.vxlan.setInvalid();
        hdr.vlan.setValid();
        hdr.vlan = { 0, 0, m.vlan, hdr.ethernet.ethertype };
        hdr.ethernet.ethertype = ETHERTYPE_VLAN;
    }

    // ---------------------------------------------------------------- a packet's way

    // Headers that contradict each other. Of what comes in tunnels, only the headers around it and its marks matter.
    action check_headers() {
        if (hdr.ipv4.isValid()) {
            if (hdr.ipv4.version != 4 || hdr.ipv4.ihl < 5 || hdr.ipv4.length < 10w0 ++ hdr.ipv4.ihl ++ 2w0
                    || hdr.ipv4.length > MOST_PAYLOAD) {
                m.malformed = true;
            }
        }
        if (hdr.ipv6.isValid()) {
            if (hdr.ipv6.version != 6 || hdr.ipv6.payload_length > MOST_PAYLOAD) {
                m.malformed = true;
            }
        }
        if (hdr.arp.isValid()) {
            if (hdr.arp.hardware_bytes != 6 || hdr.arp.protocol_bytes != 4) {
                m.malformed = true;
            }
        }
        if (hdr.vxlan.isValid()) {
            if (hdr.vxlan.has_vni == 0 || hdr.outer_udp.length < 16 + ETHERNET_BYTES
                    || hdr.outer_ipv4.length != hdr.outer_udp.length + 20) {
                m.malformed = true;
            }
        }
    }

    apply {
        m.malformed = istd.parser_error != error.NoError;
        check_headers();
        if (m.malformed) {
            discard(DROP_MALFORMED);
        }
        interfaces.apply();
        if (m.from_tenants) {
            if (!hdr.vlan.isValid()) {
                discard(DROP_UNTAGGED);
            }
            if (hdr.ethernet.src[40:40] == 1) {
                discard(DROP_BAD_SOURCE);
            }
            vlans.apply();
            if (m.bytes == 0) {
                discard(DROP_NO_LENGTH);
            }
            if (m.bytes > m.mtu - OUTER_BYTES) {
                discard(DROP_TOO_LONG);
            }
            // What is for a group has no station.
            if (hdr.ethernet.dst[40:40] == 0) {
                stations.apply();
            }
            if (!m.known) {
                if (m.unknown_to == 0) {
                    discard(DROP_UNKNOWN_STATION);
                }
                m.vtep = m.unknown_to;
            }
            vteps.apply();
            encapsulate();
            passed.count(m.known ? PASSED_KNOWN : PASSED_UNKNOWN);
            send_to_port(m.egress);
        } else if (hdr.vxlan.isValid() && hdr.outer_ipv4.dst == m.local) {
            m.vni = hdr.vxlan.vni;
            m.vtep = hdr.outer_ipv4.src;
            vteps.apply();
            vnis.apply();
            if (hdr.ethernet.ethertype == ETHERTYPE_VLAN || hdr.ethernet.ethertype == ETHERTYPE_SERVICE_VLAN) {
                discard(DROP_INNER_TAG);
            }
            if (hdr.ethernet.src[40:40] == 1) {
                discard(DROP_BAD_SOURCE);
            }
            if (hdr.outer_ipv4.ecn == CE && m.ecn == NOT_ECT) {
                discard(DROP_CONGESTION);
            }
            stations.apply();
            decapsulate();
            passed.count(PASSED_TO_TENANT);
            send_to_port(m.egress);
        } else {
            m.traffic = TRAFFIC_OTHER;
            if (hdr.outer_ipv4.isValid()) {
                m.traffic = TRAFFIC_NOT_TUNNELLED;
                if (hdr.outer_ipv4.more_fragments != 0 || hdr.outer_ipv4.offset != 0) {
                    m.traffic = TRAFFIC_FRAGMENT;
                }
            } else if (hdr.outer_ethernet.ethertype == ETHERTYPE_ARP) {
                m.traffic = TRAFFIC_ARP;
            }
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
        pkt.emit(hdr.outer_ethernet);
        pkt.emit(hdr.outer_ipv4);
        pkt.emit(hdr.outer_udp);
        pkt.emit(hdr.vxlan);
        pkt.emit(hdr.ethernet);
        pkt.emit(hdr.vlan);
        pkt.emit(hdr.ipv4);
        pkt.emit(hdr.ipv6);
        pkt.emit(hdr.arp);
        pkt.emit(hdr.ports);
    }
}

PNA_NIC(MainParser(), PreControl(), MainControl(), MainDeparser()) main;
