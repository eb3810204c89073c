// DNS cache in front of resolvers: questions for A and AAAA records are answered here while an answer that has passed holds.
//
//   client  --question-->  answers: still holds?  --yes-->  answered, back by the port that it came in by
//                                                 --no--->  resolver
//   client  <--  kept for as long as its TTL says  <--answer--  resolver
//
// A name is read as it is on the wire, in pieces, and is the key as a whole, in lower case and with its length: no hash of
// it could be another name's. What is longer, or in any way unusual, passes on. See README.md.

#include <core.p4>
#include <pna.p4>

#ifndef ANSWERS
#define ANSWERS 65536
#endif

const bit<16> ETHERTYPE_IPV4 = 0x0800;
const bit<16> ETHERTYPE_ARP = 0x0806;
const bit<16> ETHERTYPE_IPV6 = 0x86dd;
const bit<8> IP_UDP = 17;
const bit<16> DNS_PORT = 53;

const bit<16> TYPE_A = 1;
const bit<16> TYPE_AAAA = 28;
const bit<16> CLASS_IN = 1;
const bit<16> TO_QUESTION = 0xc00c; // a name that is the question's

const ExpireTimeProfileId_t PROFILE_ANSWER = (ExpireTimeProfileId_t) 8w0;

// What isn't cached, as the key of `policy`. A packet that the policy blocks is counted under the same number.
const bit<8> TRAFFIC_OTHER_DNS = 0;    // another question, another server, or not to be understood
const bit<8> TRAFFIC_OTHER_IPV4 = 1;
const bit<8> TRAFFIC_IPV6 = 2;
const bit<8> TRAFFIC_ARP = 3;
const bit<8> TRAFFIC_OTHER = 4;

// Why a packet was dropped: the index into the counter `drops` (0 to 4 as above).
const bit<8> DROP_MALFORMED = 5;
const bit<8> DROP_NO_INTERFACE = 6;

// What became of questions and answers that could be cached: the index into the counter `cache`.
const bit<8> CACHE_ANSWERED = 0;
const bit<8> CACHE_MISSED = 1;
const bit<8> CACHE_OUTDATED = 2;   // the TTL is over
const bit<8> CACHE_LEARNT = 3;
const bit<8> CACHE_RENEWED = 4;
const bit<8> CACHE_REMOVED = 5;    // the resolver says something now that isn't kept
const bit<8> CACHE_NOT_KEPT = 6;
const bit<8> CACHE_TABLE_FULL = 7;

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

header udp_h {
    bit<16> sport;
    bit<16> dport;
    bit<16> length;
    bit<16> checksum;
}

header dns_h {
    bit<16> id;
    bit<1>  is_answer;
    bit<4>  opcode;
    bit<1>  authoritative;
    bit<1>  truncated;
    bit<1>  recursion_desired;
    bit<1>  recursion_available;
    bit<1>  zero;
    bit<1>  authentic;
    bit<1>  checking_disabled;
    bit<4>  status;
    bit<16> questions;
    bit<16> answers;
    bit<16> authorities;
    bit<16> additional;
}

// A name's bytes: labels, a length before each, and the 0 behind the last. Those pieces are valid whose sizes add up to
// the name's length.
header name16_h {
    bit<64> first;
    bit<64> second;
}

header name8_h {
    bit<64> bytes;
}

header name4_h {
    bit<32> bytes;
}

header name2_h {
    bit<16> bytes;
}

header name1_h {
    bit<8> bytes;
}

header question_h {
    bit<16> kind;
    bit<16> class;
}

// A record whose name is the question's.
header record_h {
    bit<16> name;
    bit<16> kind;
    bit<16> class;
    bit<32> ttl;
    bit<16> length;
}

header a_h {
    bit<32> address;
}

header aaaa_h {
    bit<128> address;
}

// The pseudo record of EDNS (RFC 6891), without options.
header edns_h {
    bit<8>  name;
    bit<16> kind;
    bit<16> size;
    bit<8>  status;
    bit<8>  version;
    bit<16> flags;
    bit<16> length;
}

struct headers_t {
    ethernet_h ethernet;
    ipv4_h     ipv4;
    udp_h      udp;
    dns_h      dns;
    name16_h   name16;
    name8_h    name8;
    name4_h    name4;
    name2_h    name2;
    name1_h    name1;
    question_h question;
    record_h   record;
    a_h        a;
    aaaa_h     aaaa;
    edns_h     edns;
}

struct meta_t {
    bit<8>   traffic;
    bool     from_clients;
    PortId_t egress;
    bit<32>  resolver;
    bit<32>  most_ttl;
    bit<64>  now;

    bit<16>  octets; // of the name
    bit<64>  name0;  // the name as a key: the pieces of 16, of 8, of 4, 2 and 1 bytes, the length
    bit<64>  name1;
    bit<64>  name2;
    bit<64>  name3;
    bool     asks;   // a question that could be answered here
    bool     answered;
}

struct known_params_t {
    FlowId_t id;
}

// The highest bit of each byte of `word` that is 0, and no other bit.
bit<64> zeros(in bit<64> word) {
    const bit<64> LOW = 0x7f7f7f7f7f7f7f7f;
    return ~(((word & LOW) + LOW) | word | LOW);
}

// How many bytes there are up to the first of which `zeros` has found that it is 0, with it; 8 if there is none.
bit<16> bytes_to(in bit<64> found) {
    bit<32> half = found[63:32] != 0 ? found[63:32] : found[31:0];
    bit<16> quarter = half[31:16] != 0 ? half[31:16] : half[15:0];
    return (found[63:32] != 0 ? 16w1 : 5) + (half[31:16] != 0 ? 16w0 : 2) + (quarter[15:15] != 0 ? 16w0 : 1);
}

// Eight bytes with their letters in lower case. Labels' lengths are below 64, no letters.
bit<64> folded(in bit<64> word) {
    bit<64> low = word & 0x7f7f7f7f7f7f7f7f;
    bit<64> from_a = low + 0x3f3f3f3f3f3f3f3f;   // the highest bit of a byte tells whether it is 'A' or above
    bit<64> above_z = low + 0x2525252525252525;
    bit<64> letters = (from_a ^ above_z) & ~word & 0x8080808080808080;
    return word | (letters >> 2);
}

parser MainParser(
    packet_in pkt,
    out   headers_t hdr,
    inout meta_t m,
    in    pna_main_parser_input_metadata_t istd)
{
    state start {
        m.traffic = TRAFFIC_OTHER;
        m.octets = 0;
        m.answered = false;
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
        m.traffic = TRAFFIC_OTHER_IPV4;
        transition select(hdr.ipv4.version, hdr.ipv4.ihl, hdr.ipv4.more_fragments, hdr.ipv4.offset,
                          hdr.ipv4.protocol) {
            (4, 5, 0, 0, IP_UDP): parse_udp;
            default: accept;
        }
    }

    state parse_udp {
        pkt.extract(hdr.udp);
        transition select(hdr.udp.sport, hdr.udp.dport) {
            (DNS_PORT, _): parse_dns;
            (_, DNS_PORT): parse_dns;
            default: accept;
        }
    }

    state parse_dns {
        m.traffic = TRAFFIC_OTHER_DNS;
        pkt.extract(hdr.dns);
        transition select(hdr.dns.opcode, hdr.dns.questions, hdr.dns.answers, hdr.dns.authorities) {
            (0, 1, 0, 0): measure_question;
            (0, 1, _, _): measure_begin;
            default: accept;
        }
    }

    // With nothing but a question, and perhaps EDNS without options, the name is what is left. Should it be something else,
    // then it is no name, and is none that an answer is kept for.
    state measure_question {
        m.octets = hdr.udp.length - (hdr.dns.additional == 1 ? 16w35 : 24);
        transition parse_name;
    }

    // Before records, the name ends with its first 0. A record has 11 bytes and more, the question behind the name 4.
    state measure_begin {
        bit<128> seen = pkt.lookahead<bit<128>>();
        bit<64> first = zeros(seen[127:64]);
        bit<64> second = zeros(seen[63:0]);
        m.octets = first != 0 ? bytes_to(first) : 8 + bytes_to(second);
        transition select(first, second) {
            (0, 0): measure_end;
            default: parse_name;
        }
    }

    state measure_end {
        pkt.extract(hdr.name16);
        bit<128> seen = pkt.lookahead<bit<128>>();
        bit<64> first = zeros(seen[127:64]);
        bit<64> second = zeros(seen[63:0]);
        m.octets = first != 0 ? 16 + bytes_to(first) : 24 + bytes_to(second);
        transition select(m.octets) {
            17 .. 31: parse_pieces;
            default: accept;
        }
    }

    state parse_name {
        transition select(m.octets) {
            1 .. 15: parse_pieces;
            16 .. 31: parse_first_piece;
            default: accept;
        }
    }

    state parse_first_piece {
        pkt.extract(hdr.name16);
        transition parse_pieces;
    }

    state parse_pieces {
        if (m.octets[3:3] == 1) {
            pkt.extract(hdr.name8);
        }
        if (m.octets[2:2] == 1) {
            pkt.extract(hdr.name4);
        }
        if (m.octets[1:1] == 1) {
            pkt.extract(hdr.name2);
        }
        if (m.octets[0:0] == 1) {
            pkt.extract(hdr.name1);
        }
        transition parse_question;
    }

    state parse_question {
        pkt.extract(hdr.question);
        transition select(hdr.question.kind, hdr.question.class, hdr.dns.is_answer, hdr.dns.answers,
                          hdr.dns.additional) {
            (TYPE_A, CLASS_IN, 0, 0, 1): parse_edns;
            (TYPE_AAAA, CLASS_IN, 0, 0, 1): parse_edns;
            (TYPE_A, CLASS_IN, 1, 1, _): parse_record;
            (TYPE_AAAA, CLASS_IN, 1, 1, _): parse_record;
            default: accept;
        }
    }

    state parse_edns {
        pkt.extract(hdr.edns);
        transition accept;
    }

    state parse_record {
        pkt.extract(hdr.record);
        transition select(hdr.record.name, hdr.record.kind, hdr.record.class, hdr.record.length) {
            (TO_QUESTION, TYPE_A, CLASS_IN, 4): parse_a;
            (TO_QUESTION, TYPE_AAAA, CLASS_IN, 16): parse_aaaa;
            default: accept;
        }
    }

    state parse_a {
        pkt.extract(hdr.a);
        transition accept;
    }

    state parse_aaaa {
        pkt.extract(hdr.aaaa);
        transition accept;
    }
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
    // What a resolver has said, one cell for each entry of `answers`, by the flow id that the entry holds.
    Register<bit<128>, FlowId_t>(ANSWERS, 0) address;
    Register<bit<32>, FlowId_t>(ANSWERS, 0) ttl;     // seconds, 0 if nothing holds any more
    Register<bit<64>, FlowId_t>(ANSWERS, 0) learnt_ns;

    Counter<bit<64>, bit<8>>(8, PNA_CounterType_t.PACKETS) drops;
    Counter<bit<64>, bit<8>>(8, PNA_CounterType_t.PACKETS) cache;

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

    action resolvers_side(PortId_t port) {
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
            resolvers_side;
            @defaultonly no_interface;
        }
        const default_action = no_interface;
        size = 64;
    }

    action cached(bit<32> most_ttl) {
        m.most_ttl = most_ttl;
    }

    action not_cached() {
    }

    // The resolvers whose answers are kept, no longer than `most_ttl` seconds.
    table resolvers {
        key = {
            m.resolver: exact @name("address");
        }
        actions = {
            cached;
            @defaultonly not_cached;
        }
        const default_action = not_cached;
        size = 256;
    }

    action let_through() {
        send_to_port(m.egress);
    }

    action block() {
        discard(m.traffic);
    }

    // What to do with everything that isn't cached.
    table policy {
        key = {
            m.traffic: exact @name("traffic");
        }
        actions = {
            let_through;
            block;
        }
        default_action = let_through();
        size = 8;
    }

    // ---------------------------------------------------------------- answers

    // Turns the question into its answer. The checksum is corrected, not made anew: a question that was damaged on its way
    // must not get an answer that looks good. What comes behind a name of an odd length is added byte-swapped.
    action answer(in bit<128> what, in bit<32> seconds) {
        bool is_a = hdr.question.kind == TYPE_A;
        hdr.record.setValid();
        hdr.record.name = TO_QUESTION;
        hdr.record.kind = hdr.question.kind;
        hdr.record.class = CLASS_IN;
        hdr.record.ttl = seconds;
        hdr.record.length = is_a ? 16w4 : 16;
        if (is_a) {
            hdr.a.setValid();
            hdr.a.address = what[31:0];
        } else {
            hdr.aaaa.setValid();
            hdr.aaaa.address = what;
        }
        bit<16> udp_length = hdr.udp.length + 12 + hdr.record.length;
        bit<16> ip_length = udp_length + 20;

        checksum.clear();
        checksum.add({ TO_QUESTION, hdr.question.kind, CLASS_IN, seconds, hdr.record.length, what });
        bit<16> added = ~checksum.get();
        if (m.octets[0:0] == 1) {
            added = added[7:0] ++ added[15:8];
        }
        checksum.clear();
        checksum.subtract(hdr.udp.checksum);
        checksum.subtract({ hdr.udp.length, hdr.udp.length, hdr.dns.is_answer, hdr.dns.opcode, hdr.dns.authoritative,
                            hdr.dns.truncated, hdr.dns.recursion_desired, hdr.dns.recursion_available, hdr.dns.zero,
                            hdr.dns.authentic, hdr.dns.checking_disabled, hdr.dns.status, hdr.dns.answers });
        hdr.dns.is_answer = 1;
        hdr.dns.recursion_available = 1;
        hdr.dns.authentic = 0;
        hdr.dns.answers = 1;
        checksum.add({ udp_length, udp_length, hdr.dns.is_answer, hdr.dns.opcode, hdr.dns.authoritative,
                       hdr.dns.truncated, hdr.dns.recursion_desired, hdr.dns.recursion_available, hdr.dns.zero,
                       hdr.dns.authentic, hdr.dns.checking_disabled, hdr.dns.status, hdr.dns.answers, added });
        if (hdr.udp.checksum != 0) {
            hdr.udp.checksum = udp_checksum(checksum.get());
        }
        hdr.udp.length = udp_length;
        bit<16> sport = hdr.udp.sport;
        hdr.udp.sport = hdr.udp.dport;
        hdr.udp.dport = sport;

        checksum.clear();
        checksum.subtract(hdr.ipv4.checksum);
        checksum.subtract({ hdr.ipv4.length, hdr.ipv4.ttl, hdr.ipv4.protocol });
        checksum.add({ ip_length, 8w64, hdr.ipv4.protocol });
        hdr.ipv4.checksum = checksum.get();
        hdr.ipv4.length = ip_length;
        hdr.ipv4.ttl = 64;
        bit<32> client = hdr.ipv4.src;
        hdr.ipv4.src = hdr.ipv4.dst;
        hdr.ipv4.dst = client;
        bit<48> neighbour = hdr.ethernet.src;
        hdr.ethernet.src = hdr.ethernet.dst;
        hdr.ethernet.dst = neighbour;
        m.answered = true;
    }

    // An answer with one address, no error and a TTL.
    bool keeps = false;
    bit<32> seconds = 0;
    bit<128> told = 0;

    action store(in FlowId_t id) {
        address.write(id, told);
        ttl.write(id, seconds);
        learnt_ns.write(id, m.now);
    }

    action known(FlowId_t id) {
        if (m.asks) {
            bit<32> holds = ttl.read(id);
            bit<64> age = (m.now - learnt_ns.read(id)) / 1000000000;
            if (age < (bit<64>) holds) {
                answer(address.read(id), holds - age[31:0]);
                restart_expire_timer();
                cache.count(CACHE_ANSWERED);
            } else {
                cache.count(CACHE_OUTDATED);
            }
        } else if (keeps) {
            store(id);
            restart_expire_timer();
            cache.count(CACHE_RENEWED);
        } else {
            ttl.write(id, 0);
            cache.count(CACHE_REMOVED);
        }
    }

    action unknown() {
        if (m.asks) {
            cache.count(CACHE_MISSED);
        } else if (!keeps) {
            cache.count(CACHE_NOT_KEPT);
        } else {
            FlowId_t id = allocate_flow_id();
            if (add_entry("known", (known_params_t) { id = id }, PROFILE_ANSWER) == ADD_ENTRY_SUCCESS) {
                store(id);
                cache.count(CACHE_LEARNT);
            } else {
                cache.count(CACHE_TABLE_FULL);
            }
        }
    }

    table answers {
        key = {
            m.name0: exact @name("name0");
            m.name1: exact @name("name1");
            m.name2: exact @name("name2");
            m.name3: exact @name("name3");
            hdr.question.kind: exact @name("kind");
            m.resolver: exact @name("resolver");
        }
        actions = {
            @tableonly known;
            @defaultonly unknown;
        }
        const default_action = unknown;
        add_on_miss = true;
        pna_idle_timeout = PNA_IdleTimeout_t.AUTO_DELETE;
        size = ANSWERS;
    }

    // ---------------------------------------------------------------- a packet's way

    apply {
        if (istd.parser_error != error.NoError && !hdr.udp.isValid()) {
            discard(DROP_MALFORMED);
        }
        interfaces.apply();
        bool ours = false;
        if (hdr.question.isValid() && istd.parser_error == error.NoError) {
            bit<16> length = 24 + m.octets + (hdr.edns.isValid() ? 16w11 : 0);
            bool address_record = hdr.question.class == CLASS_IN
                && (hdr.question.kind == TYPE_A || hdr.question.kind == TYPE_AAAA);
            // Nothing but a question, perhaps with EDNS; without DNSSEC, whose records aren't kept.
            m.asks = m.from_clients && hdr.dns.is_answer == 0 && hdr.udp.dport == DNS_PORT && address_record
                && hdr.dns.truncated == 0 && hdr.dns.checking_disabled == 0 && hdr.dns.status == 0
                && hdr.dns.answers == 0 && hdr.dns.authorities == 0 && hdr.udp.length == length
                && hdr.ipv4.length == 20 + length
                && (hdr.dns.additional == 0 || (hdr.edns.isValid() && hdr.edns.name == 0 && hdr.edns.kind == 41
                                                    && hdr.edns.version == 0 && hdr.edns.flags == 0
                                                    && hdr.edns.length == 0));
            bool tells = !m.from_clients && hdr.dns.is_answer == 1 && hdr.udp.sport == DNS_PORT && address_record;
            m.resolver = m.from_clients ? hdr.ipv4.dst : hdr.ipv4.src;
            if (m.asks || tells) {
                ours = resolvers.apply().hit;
            }
            keeps = hdr.dns.truncated == 0 && hdr.dns.status == 0 && hdr.record.kind == hdr.question.kind
                && (hdr.a.isValid() || hdr.aaaa.isValid()) && hdr.record.ttl[31:31] == 0 && hdr.record.ttl != 0;
            seconds = hdr.record.ttl < m.most_ttl ? hdr.record.ttl : m.most_ttl;
            told = hdr.a.isValid() ? (bit<128>) hdr.a.address : hdr.aaaa.address;
        }
        if (ours) {
            m.now = (bit<64>) istd.timestamp;
            m.name0 = hdr.name16.isValid() ? folded(hdr.name16.first) : 0;
            m.name1 = hdr.name16.isValid() ? folded(hdr.name16.second) : 0;
            m.name2 = hdr.name8.isValid() ? folded(hdr.name8.bytes) : 0;
            m.name3 = folded((hdr.name4.isValid() ? hdr.name4.bytes : 0) ++ (hdr.name2.isValid() ? hdr.name2.bytes : 0)
                             ++ (hdr.name1.isValid() ? hdr.name1.bytes : 0) ++ m.octets[7:0]);
            answers.apply();
            if (m.answered) {
                send_to_port(istd.input_port);
            } else {
                send_to_port(m.egress);
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
        pkt.emit(hdr.udp);
        pkt.emit(hdr.dns);
        pkt.emit(hdr.name16);
        pkt.emit(hdr.name8);
        pkt.emit(hdr.name4);
        pkt.emit(hdr.name2);
        pkt.emit(hdr.name1);
        pkt.emit(hdr.question);
        pkt.emit(hdr.record);
        pkt.emit(hdr.a);
        pkt.emit(hdr.aaaa);
        pkt.emit(hdr.edns);
    }
}

PNA_NIC(MainParser(), MainControl(), MainDeparser()) main;
