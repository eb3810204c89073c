// SYN proxy for IPv4: servers see a connection only when its client has shown that it gets what is sent to it.
//
//   client --SYN-->  proxy                          answers with a cookie as its sequence number; keeps nothing
//   client <--SYN+ACK-- proxy
//   client --ACK-->  proxy --SYN-->  server         the cookie is right: an entry of `connections` is made
//                    proxy <--SYN+ACK-- server      now the server's sequence number is known, and so the difference
//   client <--ACK--  proxy                          the server's window opens (or the server gets its ACK, see `services`)
//   client <==data==> proxy <==data==> server       sequence numbers of the server, and what acknowledges them, are moved
//
// A cookie is 24 bits of HalfSipHash-2-4 over addresses, ports, the client's sequence number, the time slot and the maximum
// segment size, with a key that the control plane sets; then slot (5 bits) and size (3). See README.md.

#include <core.p4>
#include <pna.p4>

#ifndef CONNECTIONS
#define CONNECTIONS 262144
#endif

const bit<16> ETHERTYPE_IPV4 = 0x0800;
const bit<16> ETHERTYPE_ARP = 0x0806;
const bit<16> ETHERTYPE_IPV6 = 0x86dd;

const bit<8> IP_ICMP = 1;
const bit<8> IP_TCP = 6;

const bit<8> ICMP_UNREACHABLE = 3;
const bit<8> ICMP_TIME_EXCEEDED = 11;
const bit<8> ICMP_PARAMETER_PROBLEM = 12;

const bit<8> TCP_FIN = 0x01;
const bit<8> TCP_SYN = 0x02;
const bit<8> TCP_RST = 0x04;
const bit<8> TCP_ACK = 0x10;

// How far a connection is, and the expire profile of its entry.
const bit<8> STATE_OPENING = 0; // the cookie was right, the server hasn't answered yet
const bit<8> STATE_OPEN = 1;
const bit<8> STATE_CLOSING = 2; // a FIN has been seen
const bit<8> STATE_CLOSED = 3;  // RST

// What isn't proxied, as the key of `policy`. A packet that the policy blocks is counted under the same number.
const bit<8> TRAFFIC_FRAGMENT = 0;
const bit<8> TRAFFIC_IPV4_OPTIONS = 1;
const bit<8> TRAFFIC_NO_SERVICE = 2;    // TCP from the clients' side, to no service of `services`
const bit<8> TRAFFIC_NO_CONNECTION = 3; // TCP from the servers' side, of no connection
const bit<8> TRAFFIC_ICMP = 4;
const bit<8> TRAFFIC_IPV6 = 5;
const bit<8> TRAFFIC_ARP = 6;
const bit<8> TRAFFIC_OTHER = 7;

// Why a packet was dropped: the index into the counter `drops` (0 to 7 as above).
const bit<8> DROP_MALFORMED = 8;
const bit<8> DROP_NO_INTERFACE = 9;
const bit<8> DROP_BAD_FLAGS = 10;      // a SYN with other flags, or no ACK in a packet of no connection
const bit<8> DROP_BAD_COOKIE = 11;
const bit<8> DROP_OLD_COOKIE = 12;
const bit<8> DROP_TABLE_FULL = 13;
const bit<8> DROP_NOT_OPEN = 14;       // from the server, before or instead of its SYN+ACK

// What became of connections: the index into the counter `handshakes`.
const bit<8> HANDSHAKE_COOKIE = 0;     // a SYN was answered
const bit<8> HANDSHAKE_PROVEN = 1;     // a cookie came back: the SYN goes to the server
const bit<8> HANDSHAKE_OPEN = 2;       // the server has answered
const bit<8> HANDSHAKE_REFUSED = 3;

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

// The option "maximum segment size", where it comes first; all else behind the TCP header is payload here.
header mss_h {
    bit<8>  kind;
    bit<8>  length;
    bit<16> size;
}

header icmp_h {
    bit<8>  kind;
    bit<8>  code;
    bit<16> checksum;
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
    mss_h        mss;
    icmp_h       icmp;
    ipv4_h       quoted_ipv4;
    quoted_tcp_h quoted_tcp;
}

struct meta_t {
    bit<8>   traffic;
    bool     from_clients;
    PortId_t egress;
    bool     back;          // leave by the port that the packet came in by

    bit<32>  client_addr;   // the connection that the packet is of
    bit<16>  client_port;
    bit<32>  server_addr;
    bit<16>  server_port;
    bit<8>   flags;         // SYN, ACK, FIN and RST

    bool     protected;     // by `services`
    bit<1>   server_first;
    bit<16>  server_mss;
    bit<32>  key0;
    bit<32>  key1;

    bool     check;         // a cookie is to be looked at
    bool     proven;        // and was right
    bit<32>  isn;           // the client's initial sequence number
    bit<8>   slot_and_mss;
    bit<32>  cookie;
    bit<8>   output;        // what becomes of the packet: OUTPUT_...
    bit<32>  number;        // its part of sequence numbers
}

const bit<8> OUTPUT_SAME = 0;      // forward
const bit<8> OUTPUT_SEQ = 1;       // forward with `number` as sequence number
const bit<8> OUTPUT_ACK = 2;       // forward with `number` as acknowledgement
const bit<8> OUTPUT_SYN = 3;       // to the server: its SYN, with `isn`
const bit<8> OUTPUT_WINDOW = 4;    // to the client: an ACK with the server's window
const bit<8> OUTPUT_SERVER_ACK = 5; // back to the server
const bit<8> OUTPUT_COOKIE = 6;    // back to the client: a SYN+ACK with the cookie
const bit<8> OUTPUT_QUOTED = 7;    // an ICMP error with `number` as quoted sequence number

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
        m.traffic = TRAFFIC_OTHER;
        m.back = false;
        m.protected = false;
        m.check = false;
        m.proven = false;
        m.output = OUTPUT_SAME;
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
        transition select(hdr.tcp.data_offset) {
            0 .. 5: accept;
            default: parse_options;
        }
    }

    state parse_options {
        transition select(pkt.lookahead<bit<16>>()) {
            0x0204: parse_mss;
            default: accept;
        }
    }

    state parse_mss {
        pkt.extract(hdr.mss);
        transition accept;
    }

    state parse_icmp {
        m.traffic = TRAFFIC_ICMP;
        pkt.extract(hdr.icmp);
        transition select(hdr.icmp.kind) {
            ICMP_UNREACHABLE: parse_quoted;
            ICMP_TIME_EXCEEDED: parse_quoted;
            ICMP_PARAMETER_PROBLEM: parse_quoted;
            default: accept;
        }
    }

    state parse_quoted {
        pkt.extract(hdr.quoted_ipv4);
        transition select(hdr.quoted_ipv4.version, hdr.quoted_ipv4.ihl, hdr.quoted_ipv4.offset,
                          hdr.quoted_ipv4.protocol) {
            (4, 5, 0, IP_TCP): parse_quoted_tcp;
            default: accept;
        }
    }

    state parse_quoted_tcp {
        pkt.extract(hdr.quoted_tcp);
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

// The maximum segment size of a cookie's number, and the number of the largest one that is not above a size.
bit<16> mss_of(in bit<3> number) {
    bit<16> size = 536;
    if (number == 7) {
        size = 8960;
    } else if (number == 6) {
        size = 1460;
    } else if (number == 5) {
        size = 1440;
    } else if (number == 4) {
        size = 1400;
    } else if (number == 3) {
        size = 1360;
    } else if (number == 2) {
        size = 1300;
    } else if (number == 1) {
        size = 1220;
    }
    return size;
}

bit<3> mss_number(in bit<16> size) {
    bit<3> number = 0;
    if (size >= 8960) {
        number = 7;
    } else if (size >= 1460) {
        number = 6;
    } else if (size >= 1440) {
        number = 5;
    } else if (size >= 1400) {
        number = 4;
    } else if (size >= 1360) {
        number = 3;
    } else if (size >= 1300) {
        number = 2;
    } else if (size >= 1220) {
        number = 1;
    }
    return number;
}

control MainControl(
    inout headers_t hdr,
    inout meta_t m,
    in    pna_main_input_metadata_t istd,
    inout pna_main_output_metadata_t ostd)
{
    // One cell for each entry of `connections`, by the flow id that the entry holds.
    Register<bit<8>, FlowId_t>(CONNECTIONS, 0) connection_state;
    Register<bit<32>, FlowId_t>(CONNECTIONS, 0) client_isn;
    Register<bit<32>, FlowId_t>(CONNECTIONS, 0) sent_cookie;
    Register<bit<16>, FlowId_t>(CONNECTIONS, 0) client_window;
    // What is added to a sequence number of the server for the client: cookie - the server's initial one.
    Register<bit<32>, FlowId_t>(CONNECTIONS, 0) difference;

    Counter<bit<64>, bit<8>>(16, PNA_CounterType_t.PACKETS) drops;
    Counter<bit<64>, bit<8>>(4, PNA_CounterType_t.PACKETS) handshakes;

    InternetChecksum() checksum;

    // Counts and ends the packet.
    action discard(in bit<8> reason) {
        drops.count(reason);
        drop_packet();
        exit;
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
        discard(DROP_NO_INTERFACE);
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

    action protect(bit<1> server_first, bit<16> server_mss, bit<32> key0, bit<32> key1) {
        m.protected = true;
        m.server_first = server_first;
        m.server_mss = server_mss;
        m.key0 = key0;
        m.key1 = key1;
    }

    action pass_by() {
    }

    // Which connections the proxy answers for. `server_first`: the server speaks first (SMTP, SSH), so it must get its ACK at
    // once; else the client does, and its first data carries it.
    table services {
        key = {
            m.server_addr: ternary @name("address");
            m.server_port: ternary @name("port");
        }
        actions = {
            protect;
            pass_by;
        }
        default_action = pass_by();
        size = 256;
    }

    action let_through() {
        send_to_port(m.egress);
    }

    action block() {
        discard(m.traffic);
    }

    // What to do with what isn't proxied.
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

    // ---------------------------------------------------------------- cookies

    // Slots of 2^36 ns (68.7 s), 32 of them.
    action make_cookie() {
        bit<32> v0 = m.key0;
        bit<32> v1 = m.key1;
        bit<32> v2 = 0x6c796765 ^ m.key0;
        bit<32> v3 = 0x74656462 ^ m.key1;
        sip_word(m.client_addr, v0, v1, v2, v3);
        sip_word(m.server_addr, v0, v1, v2, v3);
        sip_word(m.client_port ++ m.server_port, v0, v1, v2, v3);
        sip_word(m.isn, v0, v1, v2, v3);
        sip_word(8w17 ++ 16w0 ++ m.slot_and_mss, v0, v1, v2, v3); // 17 bytes in all
        v2 = v2 ^ 0xff;
        sip_round(v0, v1, v2, v3);
        sip_round(v0, v1, v2, v3);
        sip_round(v0, v1, v2, v3);
        sip_round(v0, v1, v2, v3);
        bit<32> hash = v1 ^ v3;
        m.cookie = hash[23:0] ++ m.slot_and_mss;
    }

    // ---------------------------------------------------------------- connections

    // From the client. Before the server has answered, whatever comes asks it once more. After a FIN an acknowledgement may be
    // that of a new cookie; it doesn't restart the timer.
    action from_client(in FlowId_t id) {
        bit<8> state = connection_state.read(id);
        bit<8> next = state;
        if (m.flags & TCP_RST != 0) {
            next = STATE_CLOSED;
        } else if (m.flags & TCP_FIN != 0 && state == STATE_OPEN) {
            next = STATE_CLOSING;
        }
        if (state == STATE_OPENING) {
            if (next == STATE_OPENING) {
                m.isn = client_isn.read(id);
                m.slot_and_mss = sent_cookie.read(id)[7:0];
                m.output = OUTPUT_SYN;
            }
        } else {
            m.number = hdr.tcp.ack - difference.read(id);
            m.output = OUTPUT_ACK;
        }
        if (state >= STATE_CLOSING && m.flags == TCP_ACK) {
            m.check = true;
        } else {
            connection_state.write(id, next);
            set_entry_expire_time((ExpireTimeProfileId_t) next);
        }
    }

    // From the server: the answer to its SYN, a refusal, or what belongs to the open connection.
    action from_server(in FlowId_t id) {
        bit<8> state = connection_state.read(id);
        bit<8> next = state;
        bit<32> cookie = sent_cookie.read(id);
        bit<32> moved = difference.read(id);
        if (state == STATE_OPENING) {
            bool answers = m.flags & TCP_ACK != 0 && hdr.tcp.ack == client_isn.read(id) + 1;
            if (answers && m.flags & TCP_RST != 0) {
                next = STATE_CLOSED;
                m.number = cookie + 1;
                m.output = OUTPUT_SEQ;
                handshakes.count(HANDSHAKE_REFUSED);
            } else if (answers && m.flags == (TCP_SYN | TCP_ACK)) {
                next = STATE_OPEN;
                moved = cookie - hdr.tcp.seq;
                handshakes.count(HANDSHAKE_OPEN);
            } else {
                discard(DROP_NOT_OPEN);
            }
        } else {
            if (m.flags & TCP_RST != 0) {
                next = STATE_CLOSED;
            } else if (m.flags & TCP_FIN != 0 && state == STATE_OPEN) {
                next = STATE_CLOSING;
            }
            m.number = hdr.tcp.seq + moved;
            m.output = OUTPUT_SEQ;
        }
        // Also when it is sent again, since what it became got lost.
        if (m.flags == (TCP_SYN | TCP_ACK)) {
            if (hdr.tcp.seq + moved != cookie) {
                discard(DROP_NOT_OPEN);
            }
            m.isn = client_isn.read(id);
            m.cookie = cookie;
            m.number = (bit<32>) client_window.read(id);
            m.output = OUTPUT_WINDOW;
        }
        difference.write(id, moved);
        connection_state.write(id, next);
        set_entry_expire_time((ExpireTimeProfileId_t) next);
    }

    // Begins with the proven cookie.
    action begin(in FlowId_t id) {
        connection_state.write(id, STATE_OPENING);
        client_isn.write(id, m.isn);
        sent_cookie.write(id, m.cookie);
        client_window.write(id, hdr.tcp.window);
        difference.write(id, 0);
        handshakes.count(HANDSHAKE_PROVEN);
        m.output = OUTPUT_SYN;
    }

    // The action of a connection's entry.
    action known(FlowId_t id) {
        if (hdr.quoted_tcp.isValid()) {
            m.number = hdr.quoted_tcp.seq - difference.read(id);
            m.output = OUTPUT_QUOTED;
        } else if (m.proven) {
            begin(id);
            set_entry_expire_time((ExpireTimeProfileId_t) STATE_OPENING);
        } else if (m.from_clients) {
            from_client(id);
        } else {
            from_server(id);
        }
    }

    // Makes an entry once the cookie is proven.
    action unknown() {
        if (m.proven) {
            FlowId_t id = allocate_flow_id();
            if (add_entry("known", (known_params_t) { id = id }, (ExpireTimeProfileId_t) STATE_OPENING)
                    != ADD_ENTRY_SUCCESS) {
                discard(DROP_TABLE_FULL);
            }
            begin(id);
        } else {
            m.check = true;
        }
    }

    table connections {
        key = {
            m.client_addr: exact @name("client");
            m.client_port: exact @name("client_port");
            m.server_addr: exact @name("server");
            m.server_port: exact @name("server_port");
        }
        actions = {
            @tableonly known;
            @defaultonly unknown;
        }
        const default_action = unknown;
        add_on_miss = true;
        pna_idle_timeout = PNA_IdleTimeout_t.AUTO_DELETE;
        size = CONNECTIONS;
    }

    // ---------------------------------------------------------------- packets that are made of others

    action swap_ends() {
        bit<48> neighbour = hdr.ethernet.src;
        hdr.ethernet.src = hdr.ethernet.dst;
        hdr.ethernet.dst = neighbour;
        bit<32> addr = hdr.ipv4.src;
        hdr.ipv4.src = hdr.ipv4.dst;
        hdr.ipv4.dst = addr;
        bit<16> port = hdr.tcp.sport;
        hdr.tcp.sport = hdr.tcp.dport;
        hdr.tcp.dport = port;
        m.back = true;
    }

    // A segment without data, of 20 bytes or of 24 with the option `mss`. What else the packet had lies behind the end of the
    // IP packet then, as padding does; so the checksum is made anew.
    action set_segment(in bit<8> flags, in bit<32> seq, in bit<32> ack, in bit<16> window) {
        bit<16> octets = hdr.mss.isValid() ? 16w24 : 20;
        hdr.tcp.data_offset = hdr.mss.isValid() ? 4w6 : 5;
        hdr.tcp.reserved = 0;
        hdr.tcp.flags = flags;
        hdr.tcp.seq = seq;
        hdr.tcp.ack = ack;
        hdr.tcp.window = window;
        hdr.tcp.urgent = 0;

        checksum.clear();
        checksum.add({ hdr.ipv4.src, hdr.ipv4.dst, 8w0, IP_TCP, octets });
        checksum.add({ hdr.tcp.sport, hdr.tcp.dport, seq, ack, hdr.tcp.data_offset, hdr.tcp.reserved, flags, window });
        if (hdr.mss.isValid()) {
            checksum.add({ hdr.mss.kind, hdr.mss.length, hdr.mss.size });
        }
        hdr.tcp.checksum = checksum.get();

        bit<8> ttl = m.back ? 64 : hdr.ipv4.ttl;
        checksum.clear();
        checksum.subtract(hdr.ipv4.checksum);
        checksum.subtract({ hdr.ipv4.length, hdr.ipv4.ttl, hdr.ipv4.protocol });
        checksum.add({ 20 + octets, ttl, hdr.ipv4.protocol });
        hdr.ipv4.checksum = checksum.get();
        hdr.ipv4.length = 20 + octets;
        hdr.ipv4.ttl = ttl;
    }

    action set_mss(in bit<16> size) {
        hdr.mss.setValid();
        hdr.mss.kind = 2;
        hdr.mss.length = 4;
        hdr.mss.size = size;
    }

    action move_tcp(in bit<32> seq, in bit<32> ack, in bit<8> flags) {
        checksum.clear();
        checksum.subtract(hdr.tcp.checksum);
        checksum.subtract({ hdr.tcp.seq, hdr.tcp.ack, hdr.tcp.data_offset, hdr.tcp.reserved, hdr.tcp.flags });
        checksum.add({ seq, ack, hdr.tcp.data_offset, hdr.tcp.reserved, flags });
        hdr.tcp.checksum = checksum.get();
        hdr.tcp.seq = seq;
        hdr.tcp.ack = ack;
        hdr.tcp.flags = flags;
    }

    action send_on() {
        bit<8> flags = hdr.tcp.flags;
        bit<32> seq = hdr.tcp.seq;
        bit<32> ack = hdr.tcp.ack;
        bit<16> window = hdr.tcp.window;
        bool anew = false;
        if (m.output == OUTPUT_SEQ) {
            seq = m.number;
        } else if (m.output == OUTPUT_ACK) {
            ack = hdr.tcp.flags & TCP_ACK != 0 ? m.number : ack;
        } else if (m.output == OUTPUT_SYN) {
            set_mss(mss_of(m.slot_and_mss[2:0]));
            anew = true;
            flags = TCP_SYN;
            seq = m.isn;
            ack = 0;
        } else if (m.output == OUTPUT_COOKIE) {
            // The window stays closed until the server has answered: nobody could take data before.
            set_mss(m.server_mss);
            swap_ends();
            anew = true;
            flags = TCP_SYN | TCP_ACK;
            seq = m.cookie;
            ack = m.isn + 1;
            window = 0;
        } else if (m.output == OUTPUT_WINDOW) {
            flags = TCP_ACK;
            seq = m.cookie + 1;
        } else if (m.output == OUTPUT_SERVER_ACK) {
            hdr.mss.setInvalid();
            swap_ends();
            anew = true;
            flags = TCP_ACK;
            ack = seq + 1;
            seq = m.isn + 1;
            window = (bit<16>) m.number;
        }
        if (anew) {
            set_segment(flags, seq, ack, window);
        } else if (hdr.tcp.isValid()) {
            move_tcp(seq, ack, flags);
        } else {
            checksum.clear();
            checksum.subtract(hdr.icmp.checksum);
            checksum.subtract(hdr.quoted_tcp.seq);
            checksum.add(m.number);
            hdr.icmp.checksum = checksum.get();
            hdr.quoted_tcp.seq = m.number;
        }
        if (m.back) {
            send_to_port(istd.input_port);
        } else {
            send_to_port(m.egress);
        }
    }

    // ---------------------------------------------------------------- a packet's way

    // From a client, to a service.
    action ends_of_client() {
        m.client_addr = hdr.ipv4.src;
        m.client_port = hdr.tcp.sport;
        m.server_addr = hdr.ipv4.dst;
        m.server_port = hdr.tcp.dport;
    }

    action ends_of_server() {
        m.client_addr = hdr.ipv4.dst;
        m.client_port = hdr.tcp.dport;
        m.server_addr = hdr.ipv4.src;
        m.server_port = hdr.tcp.sport;
    }

    apply {
        if (istd.parser_error != error.NoError
                || (hdr.ipv4.isValid() && (hdr.ipv4.version != 4 || hdr.ipv4.ihl < 5))) {
            discard(DROP_MALFORMED);
        }
        interfaces.apply();
        bool ours = false;
        if (hdr.tcp.isValid()) {
            if (hdr.tcp.data_offset < 5 || hdr.ipv4.length < 20 + ((bit<16>) hdr.tcp.data_offset << 2)) {
                discard(DROP_MALFORMED);
            }
            m.flags = hdr.tcp.flags & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN);
            if (m.from_clients) {
                m.traffic = TRAFFIC_NO_SERVICE;
                ends_of_client();
            } else {
                m.traffic = TRAFFIC_NO_CONNECTION;
                ends_of_server();
            }
            services.apply();
            ours = m.protected;
        } else if (hdr.quoted_tcp.isValid()) {
            // Only from the clients' side does an error quote a sequence number that was moved.
            m.client_addr = hdr.quoted_ipv4.dst;
            m.client_port = hdr.quoted_tcp.dport;
            m.server_addr = hdr.quoted_ipv4.src;
            m.server_port = hdr.quoted_tcp.sport;
            services.apply();
            ours = m.from_clients && m.protected;
        }

        if (ours) {
            bit<64> now = (bit<64>) istd.timestamp;
            bit<5> slot = now[40:36];
            bool opens = m.from_clients && hdr.tcp.isValid() && m.flags & TCP_SYN != 0;
            if (opens) {
                if (m.flags != TCP_SYN) {
                    discard(DROP_BAD_FLAGS);
                }
                m.isn = hdr.tcp.seq;
                m.slot_and_mss = slot ++ mss_number(hdr.mss.isValid() ? hdr.mss.size : 536);
            } else {
                connections.apply();
                if (m.check && (!m.from_clients || hdr.quoted_tcp.isValid())) {
                    m.check = false;
                    ours = false; // of no connection
                }
                if (m.check) {
                    if (m.output == OUTPUT_SAME && m.flags != TCP_ACK) {
                        discard(DROP_BAD_FLAGS);
                    }
                    m.isn = hdr.tcp.seq - 1;
                    m.slot_and_mss = (hdr.tcp.ack - 1)[7:0];
                }
            }
            if (opens || m.check) {
                make_cookie();
            }
            if (opens) {
                handshakes.count(HANDSHAKE_COOKIE);
                m.output = OUTPUT_COOKIE;
                send_on();
            } else if (ours) {
                if (m.check) {
                    bool right = m.cookie == hdr.tcp.ack - 1;
                    bool fresh = slot - m.slot_and_mss[7:3] <= 1;
                    if (right && fresh) {
                        m.proven = true;
                        connections.apply();
                    } else if (m.output == OUTPUT_SAME) {
                        discard(right ? DROP_OLD_COOKIE : DROP_BAD_COOKIE);
                    }
                }
                if (m.output == OUTPUT_WINDOW && m.server_first == 1) {
                    m.output = OUTPUT_SERVER_ACK;
                }
                send_on();
            } else {
                policy.apply();
            }
        } else {
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
        pkt.emit(hdr.mss);
        pkt.emit(hdr.icmp);
        pkt.emit(hdr.quoted_ipv4);
        pkt.emit(hdr.quoted_tcp);
    }
}

PNA_NIC(MainParser(), MainControl(), MainDeparser()) main;
