// User plane function of a 5G core (UPF): sessions of IPv4 and IPv6 user packets between radio access (N3, in GTP-U
// tunnels over IPv4) and a data network (N6, plain).
//
//   access -> [ tunnels: TEID -> session ] -> whose address? -> filters -> meter -> volume -> activity -> core, plain
//   access <- encapsulated <- activity <- volume <- meter <- filters <- [ ues: address -> session, tunnel ] <- core
//
// The control plane (an SMF behind PFCP) writes sessions, tunnels, filters and meters. The data plane keeps what a
// session has sent and got, and when it was idle; it reports by digest and answers echo requests. See README.md.

#include <core.p4>
#include <pna.p4>

// Sessions: numbers from 0 on. Each has a meter and a volume for either direction.
#ifndef SESSIONS
#define SESSIONS 16384
#endif
#ifndef SESSION_CELLS
#define SESSION_CELLS 32768
#endif

// Sessions that are active at a time; those that have become idle take up room until they are swept.
#ifndef ACTIVE
#define ACTIVE 16384
#endif

// A session is reported each time that its volume passes a multiple of 2^REPORT_SHIFT bytes (1 MiB), and a UE without a
// tunnel once in 2^NOTIFY_SHIFT ns (8.6 s).
#ifndef REPORT_SHIFT
#define REPORT_SHIFT 20
#endif
#ifndef NOTIFY_SHIFT
#define NOTIFY_SHIFT 33
#endif

const bit<16> ETHERTYPE_IPV4 = 0x0800;
const bit<16> ETHERTYPE_ARP = 0x0806;
const bit<16> ETHERTYPE_IPV6 = 0x86dd;

const bit<8> IP_TCP = 6;
const bit<8> IP_UDP = 17;

const bit<16> GTPU_PORT = 2152;

// Messages of GTP-U (3GPP TS 29.281, 6.1).
const bit<8> GTPU_ECHO_REQUEST = 1;
const bit<8> GTPU_ECHO_RESPONSE = 2;
const bit<8> GTPU_ERROR_INDICATION = 26;
const bit<8> GTPU_USER_PACKET = 255;

const bit<8> IE_RECOVERY = 14;
const bit<8> IE_TEID = 16;
const bit<8> EXTENSION_PDU_SESSION = 0x85;

// Behind Ethernet, in front of a user packet: IPv4, UDP, GTP-U with its optional word, PDU session container.
const bit<16> OUTER_BYTES = 44;

// More would not fit into 16 bits together with IPv6's header.
const bit<16> MOST_PAYLOAD = 65495;

// The first 96 bits of an IPv4 address as IPv6 writes it (RFC 4291, 2.5.5.2).
const bit<96> IPV4_MAPPED = 0xffff;

// What belongs to no session, as the key of `policy`.
const bit<8> TRAFFIC_ARP = 0;
const bit<8> TRAFFIC_NOT_TUNNELLED = 1; // IPv4 on the access side that isn't GTP-U
const bit<8> TRAFFIC_FRAGMENT = 2;      // of an outer packet
const bit<8> TRAFFIC_OTHER = 3;

// Why a packet was dropped: the index into the counter `drops` (0 to 3 as above).
const bit<8> DROP_MALFORMED = 4;
const bit<8> DROP_NO_INTERFACE = 5;
const bit<8> DROP_NOT_OURS = 6;       // in a tunnel, to an address that isn't the function's
const bit<8> DROP_UNKNOWN_TUNNEL = 7;
const bit<8> DROP_UNKNOWN_UE = 8;
const bit<8> DROP_SPOOFED = 9;        // from an address that isn't that of the tunnel's session
const bit<8> DROP_FILTERED = 10;
const bit<8> DROP_RED = 11;
const bit<8> DROP_TOO_LONG = 12;      // it doesn't fit into a tunnel
const bit<8> DROP_PAGED = 13;         // the UE has no tunnel now
const bit<8> DROP_MESSAGE = 14;       // of GTP-U, given to the control plane
const bit<8> DROP_TABLE_FULL = 15;

// What passed: the index into the counter `passed`.
const bit<8> PASSED_UPLINK = 0;
const bit<8> PASSED_DOWNLINK = 1;
const bit<8> PASSED_ECHO = 2;

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

header udp_h {
    bit<16> sport;
    bit<16> dport;
    bit<16> length;
    bit<16> checksum;
}

header gtpu_h {
    bit<3>  version;
    bit<1>  not_prime;       // GTP, not GTP'
    bit<1>  reserved;
    bit<1>  extended;
    bit<1>  sequenced;
    bit<1>  numbered;
    bit<8>  kind;
    bit<16> length;          // of all behind the TEID
    bit<32> teid;
}

// There if any of the three flags is set.
header gtpu_optional_h {
    bit<16> sequence;
    bit<8>  pdu_number;
    bit<8>  next;
}

// The last byte of an extension header says which follows.
header extension_end_h {
    bit<8> next;
}

// The container of a downlink packet (TS 38.415, 5.5.2.1).
header pdu_session_h {
    bit<8> words;
    bit<4> kind;
    bit<6> flags;
    bit<6> qfi;
    bit<8> next;
}

header recovery_h {
    bit<8> kind;
    bit<8> restarts;
}

header teid_element_h {
    bit<8>  kind;
    bit<32> teid;
}

// TCP and UDP begin alike.
header ports_h {
    bit<16> sport;
    bit<16> dport;
}

struct headers_t {
    ethernet_h       ethernet;
    ipv4_h           outer_ipv4;
    udp_h            outer_udp;
    gtpu_h           gtpu;
    gtpu_optional_h  gtpu_optional;
    extension_end_h  extension_end;
    pdu_session_h    pdu_session;
    recovery_h       recovery;
    teid_element_h   teid_element;
    ipv4_h           ipv4;
    ipv6_h           ipv6;
    ports_h          ports;
}

struct meta_t {
    bool     is_user;         // a user packet of which the headers are known
    bit<8>   extension_words; // of 4 bytes
    bit<16>  optional_bytes;  // between the TEID and the user packet
    bit<16>  bytes;           // of the user packet, as its header says
    bit<128> src;
    bit<128> dst;
    bit<8>   protocol;
    bit<16>  sport;
    bit<16>  dport;
    bit<8>   traffic;         // of other packets
    bool     malformed;

    bool     from_access;
    PortId_t egress;
    bit<32>  local;           // the function's address on the access side
    bit<48>  source_mac;
    bit<48>  next_hop_mac;
    bit<16>  mtu;

    bit<128> ue;
    bit<128> remote;
    bit<16>  remote_port;
    bit<16>  tunnel_session;
    bit<16>  session;
    bit<8>   rules;
    bool     reachable;       // it has a tunnel downwards
    bit<32>  gnb;
    bit<32>  teid;
    ExpireTimeProfileId_t profile;
    bit<6>   qfi;
    bit<6>   dscp;
    bool     metered;
    bit<32>  cell;            // the session's, for this direction
}

// What the control plane gets.
struct path_message_t {
    bit<8>  kind;
    bit<32> peer;
    bit<32> teid;
    bit<16> sequence;
}

struct session_active_t {
    bit<16> session;
    bit<1>  uplink;
}

struct usage_report_t {
    bit<16> session;
    bit<1>  uplink;
    bit<64> bytes;
}

struct downlink_data_t {
    bit<16> session;
    bit<6>  qfi;
}

parser MainParser(
    packet_in pkt,
    out   headers_t hdr,
    inout meta_t m,
    in    pna_main_parser_input_metadata_t istd)
{
    state start {
        m.is_user = false;
        m.optional_bytes = 0;
        m.sport = 0;
        m.dport = 0;
        m.reachable = false;
        pkt.extract(hdr.ethernet);
        transition select(istd.direction, hdr.ethernet.ethertype) {
            (PNA_Direction_t.HOST_TO_NET, ETHERTYPE_IPV4): parse_outer;
            (PNA_Direction_t.NET_TO_HOST, ETHERTYPE_IPV4): parse_ipv4;
            (PNA_Direction_t.NET_TO_HOST, ETHERTYPE_IPV6): parse_ipv6;
            default: accept;
        }
    }

    state parse_outer {
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
            GTPU_PORT: parse_gtpu;
            default: accept;
        }
    }

    state parse_gtpu {
        pkt.extract(hdr.gtpu);
        transition select(hdr.gtpu.version, hdr.gtpu.not_prime, hdr.gtpu.extended, hdr.gtpu.sequenced,
                          hdr.gtpu.numbered) {
            (1, 1, 0, 0, 0): parse_message;
            (1, 1, _, _, _): parse_optional;
            default: accept;
        }
    }

    // The optional word says what follows only if the packet is extended.
    state parse_optional {
        pkt.extract(hdr.gtpu_optional);
        m.optional_bytes = 4;
        transition select(hdr.gtpu.extended, hdr.gtpu_optional.next) {
            (1, 0): parse_message;
            (1, _): parse_extension;
            default: parse_message;
        }
    }

    // Uplink packets have one extension header at most, the PDU session container, of 1 to 8 words.
    state parse_extension {
        m.extension_words = pkt.lookahead<bit<8>>();
        transition select(m.extension_words) {
            1 .. 8: skip_extension;
            default: reject;
        }
    }

    state skip_extension {
        pkt.advance((bit<32>) m.extension_words * 32 - 8);
        pkt.extract(hdr.extension_end);
        m.optional_bytes = 4 + (bit<16>) m.extension_words * 4;
        transition select(hdr.extension_end.next) {
            0: parse_message;
            default: reject;
        }
    }

    state parse_message {
        transition select(hdr.gtpu.kind) {
            GTPU_USER_PACKET: parse_user;
            GTPU_ERROR_INDICATION: parse_error;
            default: accept;
        }
    }

    state parse_error {
        pkt.extract(hdr.teid_element);
        transition accept;
    }

    state parse_user {
        transition select(pkt.lookahead<bit<4>>()) {
            4: parse_ipv4;
            6: parse_ipv6;
            default: reject;
        }
    }

    // Of fragments and of packets with options, ports aren't looked for: filters see port 0.
    state parse_ipv4 {
        pkt.extract(hdr.ipv4);
        m.is_user = true;
        m.src = IPV4_MAPPED ++ hdr.ipv4.src;
        m.dst = IPV4_MAPPED ++ hdr.ipv4.dst;
        m.protocol = hdr.ipv4.protocol;
        m.bytes = hdr.ipv4.length;
        transition select(hdr.ipv4.ihl, hdr.ipv4.more_fragments, hdr.ipv4.offset, hdr.ipv4.protocol) {
            (5, 0, 0, IP_TCP): parse_ports;
            (5, 0, 0, IP_UDP): parse_ports;
            default: accept;
        }
    }

    state parse_ipv6 {
        pkt.extract(hdr.ipv6);
        m.is_user = true;
        m.src = hdr.ipv6.src;
        m.dst = hdr.ipv6.dst;
        m.protocol = hdr.ipv6.next_header;
        m.bytes = 40 + hdr.ipv6.payload_length;
        transition select(hdr.ipv6.next_header) {
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
    // Two cells for each session: downlink, uplink.
    Meter<bit<32>>(SESSION_CELLS, PNA_MeterType_t.BYTES) session_meter;
    Register<bit<64>, bit<32>>(SESSION_CELLS, 0) volume;

    // By session: the interval of the last report that data waits for it. It only receives the current interval.
    Register<bit<64>, bit<32>>(SESSIONS, 0) notified;

    Counter<bit<64>, bit<8>>(16, PNA_CounterType_t.PACKETS_AND_BYTES) drops;
    Counter<bit<64>, bit<8>>(4, PNA_CounterType_t.PACKETS_AND_BYTES) passed;

    Hash<bit<32>>(PNA_HashAlgorithm_t.CRC32) flow_hash;
    InternetChecksum() checksum;

    Digest<path_message_t>() path_messages;
    Digest<session_active_t>() session_active;
    Digest<usage_report_t>() usage_reports;
    Digest<downlink_data_t>() downlink_data;

    // Counts and ends the packet.
    action discard(in bit<8> reason) {
        drops.count(reason);
        drop_packet();
        exit;
    }

    // ---------------------------------------------------------------- configuration

    // From gNBs: `address` is where their tunnels end; user packets leave by `port`, towards a router of the data
    // network.
    action access(PortId_t port, bit<32> address, bit<48> source_mac, bit<48> next_hop_mac) {
        m.from_access = true;
        m.egress = port;
        m.local = address;
        m.source_mac = source_mac;
        m.next_hop_mac = next_hop_mac;
    }

    // From the data network: tunnels begin at `address`, and what is in them leaves by `port`, if it has no more than
    // `mtu` bytes from the outer IP header on.
    action core(PortId_t port, bit<32> address, bit<48> source_mac, bit<48> next_hop_mac, bit<16> mtu) {
        m.from_access = false;
        m.egress = port;
        m.local = address;
        m.source_mac = source_mac;
        m.next_hop_mac = next_hop_mac;
        m.mtu = mtu;
    }

    action no_interface() {
        discard(DROP_NO_INTERFACE);
    }

    table interfaces {
        key = {
            istd.input_port: exact @name("port");
        }
        actions = {
            access;
            core;
            @defaultonly no_interface;
        }
        const default_action = no_interface;
        size = 64;
    }

    action belongs_to(bit<16> session) {
        m.tunnel_session = session;
    }

    // The control plane hears of it: the gNB is to get an error indication.
    action unknown_tunnel() {
        path_messages.pack({ GTPU_USER_PACKET, hdr.outer_ipv4.src, hdr.gtpu.teid, 0 });
        discard(DROP_UNKNOWN_TUNNEL);
    }

    table tunnels {
        key = {
            hdr.gtpu.teid: exact @name("teid");
        }
        actions = {
            belongs_to;
            @defaultonly unknown_tunnel;
        }
        const default_action = unknown_tunnel;
        size = SESSIONS;
    }

    // `rules` is the set of filters that holds for the session; `profile` says after what time it counts as idle.
    action reachable(bit<16> session, bit<8> rules, ExpireTimeProfileId_t profile, bit<32> gnb, bit<32> teid) {
        m.session = session;
        m.rules = rules;
        m.profile = profile;
        m.reachable = true;
        m.gnb = gnb;
        m.teid = teid;
    }

    // Its tunnel downwards was released: it must be paged first.
    action idle(bit<16> session, bit<8> rules, ExpireTimeProfileId_t profile) {
        m.session = session;
        m.rules = rules;
        m.profile = profile;
    }

    action unknown_ue() {
        discard(m.from_access ? DROP_SPOOFED : DROP_UNKNOWN_UE);
    }

    // Whose address it is: a whole IPv4 address, or an IPv6 prefix.
    table ues {
        key = {
            m.ue: lpm @name("address");
        }
        actions = {
            reachable;
            idle;
            @defaultonly unknown_ue;
        }
        const default_action = unknown_ue;
        size = SESSIONS;
    }

    // `metered` is 0 for flows with a bit rate of their own, which the session's meter doesn't count.
    action flow(bit<6> qfi, bit<6> dscp, bit<1> metered) {
        m.qfi = qfi;
        m.dscp = dscp;
        m.metered = metered == 1;
    }

    action deny() {
        discard(DROP_FILTERED);
    }

    // Which QoS flow a user packet belongs to, by the other end (service data flow filters).
    table filters {
        key = {
            m.rules: ternary @name("rules");
            m.protocol: ternary @name("protocol");
            m.remote: ternary @name("remote");
            m.remote_port: ternary @name("remote_port");
        }
        actions = {
            flow;
            deny;
        }
        default_action = flow(9, 0, 1);
        size = 256;
    }

    action let_through() {
        send_to_port(m.egress);
    }

    action block() {
        discard(m.traffic);
    }

    // What to do with packets that belong to no session.
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

    // ---------------------------------------------------------------- sessions

    action still_active() {
        restart_expire_timer();
    }

    // The first packet after the session was idle.
    action becomes_active() {
        if (!add_entry("still_active", {}, m.profile)) {
            discard(DROP_TABLE_FULL);
        }
        session_active.pack({ m.session, m.from_access ? 1w1 : 1w0 });
    }

    table activity {
        key = {
            m.session: exact @name("session");
        }
        actions = {
            @tableonly still_active;
            @defaultonly becomes_active;
        }
        const default_action = becomes_active;
        add_on_miss = true;
        idle_timeout_with_auto_delete = true;
        size = ACTIVE;
    }

    // The volume is that of user packets: it is what is charged.
    action charge() {
        bit<64> before = volume.read(m.cell);
        bit<64> after = before + (bit<64>) m.bytes;
        volume.write(m.cell, after);
        if (before >> REPORT_SHIFT != after >> REPORT_SHIFT) {
            usage_reports.pack({ m.session, m.from_access ? 1w1 : 1w0, after });
        }
    }

    // One more, so that no interval is 0, which a cell has that was never used.
    action page() {
        bit<64> interval = ((bit<64>) istd.timestamp >> NOTIFY_SHIFT) + 1;
        if (notified.read((bit<32>) m.session) != interval) {
            notified.write((bit<32>) m.session, interval);
            downlink_data.pack({ m.session, m.qfi });
        }
        discard(DROP_PAGED);
    }

    // ---------------------------------------------------------------- tunnels

    action compute_outer_checksum() {
        checksum.clear();
        checksum.add({ hdr.outer_ipv4.version, hdr.outer_ipv4.ihl, hdr.outer_ipv4.tos, hdr.outer_ipv4.length,
                       hdr.outer_ipv4.id, hdr.outer_ipv4.reserved, hdr.outer_ipv4.dont_fragment,
                       hdr.outer_ipv4.more_fragments, hdr.outer_ipv4.offset, hdr.outer_ipv4.ttl,
                       hdr.outer_ipv4.protocol, hdr.outer_ipv4.src, hdr.outer_ipv4.dst });
        hdr.outer_ipv4.checksum = checksum.get();
    }

    action decapsulate() {
        hdr.outer_ipv4.setInvalid();
        hdr.outer_udp.setInvalid();
        hdr.gtpu.setInvalid();
        hdr.gtpu_optional.setInvalid();
        hdr.ethernet.ethertype = hdr.ipv4.isValid() ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6;
    }

    // The outer packet can't be fragmented, so its identification says nothing (RFC 6864). Its source port tells flows
    // apart for those who spread them over links; it needs no UDP checksum over IPv4.
    action encapsulate() {
        hdr.pdu_session.setValid();
        hdr.pdu_session = { 1, 0, 0, m.qfi, 0 };
        hdr.gtpu_optional.setValid();
        hdr.gtpu_optional = { 0, 0, EXTENSION_PDU_SESSION };
        hdr.gtpu.setValid();
        hdr.gtpu = { 1, 1, 0, 1, 0, 0, GTPU_USER_PACKET, m.bytes + 8, m.teid };
        hdr.outer_udp.setValid();
        bit<32> hash = flow_hash.get_hash({ m.src, m.dst, m.sport, m.dport, m.protocol });
        hdr.outer_udp = { hash[15:0] | 0xc000, GTPU_PORT, m.bytes + 24, 0 };
        hdr.outer_ipv4.setValid();
        hdr.outer_ipv4 = { 4, 5, m.dscp ++ 2w0, m.bytes + OUTER_BYTES, 0, 0, 1, 0, 0, 64, IP_UDP, 0, m.local, m.gnb };
        compute_outer_checksum();
        hdr.ethernet.ethertype = ETHERTYPE_IPV4;
    }

    // To whom it came from; the restart counter is always 0 (TS 29.281, 7.2.2).
    action answer_echo() {
        bit<48> neighbour = hdr.ethernet.src;
        hdr.ethernet.src = hdr.ethernet.dst;
        hdr.ethernet.dst = neighbour;
        hdr.outer_ipv4.dst = hdr.outer_ipv4.src;
        hdr.outer_ipv4.src = m.local;
        hdr.outer_ipv4.ttl = 64;
        hdr.outer_ipv4.length = hdr.outer_ipv4.length + 2;
        compute_outer_checksum();
        hdr.outer_udp.dport = hdr.outer_udp.sport;
        hdr.outer_udp.sport = GTPU_PORT;
        hdr.outer_udp.length = hdr.outer_udp.length + 2;
        hdr.outer_udp.checksum = 0;
        hdr.gtpu.kind = GTPU_ECHO_RESPONSE;
        hdr.gtpu.length = hdr.gtpu.length + 2;
        hdr.recovery.setValid();
        hdr.recovery = { IE_RECOVERY, 0 };
        send_to_port(istd.input_port);
    }

    // ---------------------------------------------------------------- a packet's way

    // Headers that contradict each other. Only user packets of IP are served; of what else GTP-U has, the control plane
    // hears.
    action check_headers() {
        if (hdr.ipv4.isValid()) {
            if (hdr.ipv4.version != 4 || hdr.ipv4.ihl < 5 || hdr.ipv4.length < 10w0 ++ hdr.ipv4.ihl ++ 2w0) {
                m.malformed = true;
            }
        }
        if (hdr.ipv6.isValid()) {
            if (hdr.ipv6.version != 6 || hdr.ipv6.payload_length > MOST_PAYLOAD) {
                m.malformed = true;
            }
        }
        if (hdr.gtpu.isValid()) {
            if (hdr.gtpu.version != 1 || hdr.gtpu.not_prime != 1
                    || hdr.outer_udp.length < 16 || hdr.outer_ipv4.length != hdr.outer_udp.length + 20
                    || hdr.gtpu.length != hdr.outer_udp.length - 16) {
                m.malformed = true;
            }
            if (hdr.gtpu.kind == GTPU_USER_PACKET && hdr.gtpu.length != m.bytes + m.optional_bytes) {
                m.malformed = true;
            }
            if (hdr.teid_element.isValid() && hdr.teid_element.kind != IE_TEID) {
                m.malformed = true;
            }
        }
    }

    // Of an error indication, the TEID is the one that the peer doesn't know.
    action tell_control_plane() {
        path_messages.pack({ hdr.gtpu.kind, hdr.outer_ipv4.src,
                             hdr.teid_element.isValid() ? hdr.teid_element.teid : hdr.gtpu.teid,
                             hdr.gtpu_optional.isValid() ? hdr.gtpu_optional.sequence : 0 });
        discard(DROP_MESSAGE);
    }

    apply {
        m.malformed = istd.parser_error != error.NoError;
        check_headers();
        if (m.malformed) {
            discard(DROP_MALFORMED);
        }
        interfaces.apply();
        if (hdr.gtpu.isValid()) {
            if (hdr.outer_ipv4.dst != m.local) {
                discard(DROP_NOT_OURS);
            }
            // Only what is just an echo request is answered here: one with further elements is the control plane's.
            if (hdr.gtpu.kind == GTPU_ECHO_REQUEST && hdr.gtpu.sequenced == 1 && hdr.gtpu.length == 4) {
                answer_echo();
                passed.count(PASSED_ECHO);
                exit;
            }
            if (hdr.gtpu.kind != GTPU_USER_PACKET) {
                tell_control_plane();
            }
            tunnels.apply();
        }
        if (m.is_user) {
            m.ue = m.from_access ? m.src : m.dst;
            m.remote = m.from_access ? m.dst : m.src;
            m.remote_port = m.from_access ? m.dport : m.sport;
            ues.apply();
            if (m.from_access && m.session != m.tunnel_session) {
                discard(DROP_SPOOFED);
            }
            filters.apply();
            if (!m.from_access) {
                if (!m.reachable) {
                    page();
                }
                if (m.bytes > m.mtu - OUTER_BYTES) {
                    discard(DROP_TOO_LONG);
                }
            }
            m.cell = 15w0 ++ m.session ++ (m.from_access ? 1w1 : 1w0);
            if (m.metered) {
                if (session_meter.execute(m.cell) == PNA_MeterColor_t.RED) {
                    discard(DROP_RED);
                }
            }
            charge();
            activity.apply();
            if (m.from_access) {
                decapsulate();
                passed.count(PASSED_UPLINK);
            } else {
                encapsulate();
                passed.count(PASSED_DOWNLINK);
            }
            hdr.ethernet.src = m.source_mac;
            hdr.ethernet.dst = m.next_hop_mac;
            send_to_port(m.egress);
        } else {
            m.traffic = TRAFFIC_OTHER;
            if (hdr.outer_ipv4.isValid()) {
                m.traffic = TRAFFIC_NOT_TUNNELLED;
                if (hdr.outer_ipv4.more_fragments != 0 || hdr.outer_ipv4.offset != 0) {
                    m.traffic = TRAFFIC_FRAGMENT;
                }
            } else if (hdr.ethernet.ethertype == ETHERTYPE_ARP) {
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
        pkt.emit(hdr.ethernet);
        pkt.emit(hdr.outer_ipv4);
        pkt.emit(hdr.outer_udp);
        pkt.emit(hdr.gtpu);
        pkt.emit(hdr.gtpu_optional);
        pkt.emit(hdr.pdu_session);
        pkt.emit(hdr.recovery);
        pkt.emit(hdr.ipv4);
        pkt.emit(hdr.ipv6);
        pkt.emit(hdr.ports);
    }
}

PNA_NIC(MainParser(), PreControl(), MainControl(), MainDeparser()) main;
