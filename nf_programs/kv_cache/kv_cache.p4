// Key-value cache between clients and their stores: a request for a key that is asked for often is answered here, and
// never reaches the store. Requests and answers are UDP datagrams; `kv_h` below is the format.
//
//   client  --[ GET ]-->  items: a valid copy?  --yes-->  answered, back by the port that it came in by
//                                               --no--->  store   (and the sketch counts the key)
//   client  --[ SET, DELETE ]-->  the copy, if there is one, is invalid from here on  -->  store
//   client  <--  the copy becomes what the answer says; a hot key gets one  <--[ answer ]--  store
//
// A copy is invalid while a change is under way and valid again when the store's answer to it has come back: until then
// nobody has been told that the change is done. Answers carry the record's version, so that an old one that comes late
// changes nothing. A copy that has not been confirmed for the lease of its store isn't used. See README.md.

#include <core.p4>
#include <pna.p4>

// Keys that may have a copy. Copies that expired take up room until they are swept.
#ifndef ITEMS
#define ITEMS 65536
#endif

// The port of stores. A datagram from or to it is a message of the protocol.
#ifndef KV_PORT
#define KV_PORT 9009
#endif

// Cells of a row of the sketch, a power of two, and the mask for an index.
#define CELLS 65536

const bit<16> ETHERTYPE_IPV4 = 0x0800;
const bit<16> ETHERTYPE_ARP = 0x0806;
const bit<16> ETHERTYPE_IPV6 = 0x86dd;
const bit<8> IP_UDP = 17;

const bit<16> KV_MAGIC = 0x4b56; // "KV"
const bit<16> KV_BYTES = 34;     // of `kv_h`

const bit<8> OP_GET = 1;
const bit<8> OP_SET = 2;
const bit<8> OP_DELETE = 3;
const bit<8> OP_ANSWER = 0x80;   // added to the request's in an answer
const bit<8> STATUS_OK = 0;

const ExpireTimeProfileId_t PROFILE_ITEM = (ExpireTimeProfileId_t) 8w0;

// What is no message of the protocol, as the key of `policy`. What the policy blocks is counted under the same number.
const bit<8> TRAFFIC_IPV4_OPTIONS = 0;
const bit<8> TRAFFIC_OTHER_STORE = 1;  // a message, but not from or to a store that `stores` knows
const bit<8> TRAFFIC_OTHER_IPV4 = 2;
const bit<8> TRAFFIC_IPV6 = 3;
const bit<8> TRAFFIC_ARP = 4;
const bit<8> TRAFFIC_OTHER = 5;

// Why a packet was dropped: the index into the counter `drops` (0 to 5 as above).
const bit<8> DROP_MALFORMED = 6;
const bit<8> DROP_NO_INTERFACE = 7;

// What became of a GET: the index into the counter `gets`.
const bit<8> GET_ANSWERED = 0;
const bit<8> GET_MISSED = 1;
const bit<8> GET_INVALID = 2;    // a change of the key is under way, or its record is gone
const bit<8> GET_LEASE_OVER = 3;

// What an answer did: the index into the counter `answers`.
const bit<8> ANSWER_CONFIRMED = 0;  // the copy holds this version already
const bit<8> ANSWER_WRITTEN = 1;    // the copy holds the answer's value now
const bit<8> ANSWER_REMOVED = 2;    // the record is gone, or too long for a copy
const bit<8> ANSWER_LATE = 3;       // the copy knows a later version
const bit<8> ANSWER_LEARNT = 4;     // the key was hot and has a copy now
const bit<8> ANSWER_COLD = 5;
const bit<8> ANSWER_TABLE_FULL = 6;
const bit<8> ANSWER_NO_VALUE = 7;   // an error, or nothing that a copy could hold

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

// A request or an answer; `length` bytes of value follow, filled up with zeros to words of 16 bytes. A SET has the value
// that it stores, an OK answer to a GET or a SET the value that is stored. `id` is the client's, and comes back.
header kv_h {
    bit<16>  magic;
    bit<8>   op;
    bit<8>   status;  // of answers; 0 in requests
    bit<32>  id;
    bit<128> key;
    bit<64>  version; // of answers: the store adds 1 with every change of the record; 0 in requests
    bit<16>  length;
}

header word_h {
    bit<128> bytes;
}

struct headers_t {
    ethernet_h ethernet;
    ipv4_h     ipv4;
    udp_h      udp;
    kv_h       kv;
    word_h     word0;
    word_h     word1;
    word_h     word2;
    word_h     word3;
}

struct meta_t {
    bit<8>   traffic;
    bool     from_clients;
    PortId_t egress;
    bit<32>  store_addr;
    bit<64>  lease_ns;
    bit<32>  hot;       // so many GETs in an interval make a key hot
    bit<64>  now;
    bool     whole;     // not a fragment: the value is there
    bool     has_value; // an answer with a value that a copy can hold
    bool     answered;
}

// A cell of the sketch: how many GETs in which interval.
struct cell_t {
    bit<32> interval;
    bit<32> gets;
}

struct copy_params_t {
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
        m.whole = false;
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

    // The first fragment of a message has its key, and that is what counts for a change.
    state parse_ipv4 {
        pkt.extract(hdr.ipv4);
        m.traffic = TRAFFIC_OTHER_IPV4;
        m.whole = hdr.ipv4.more_fragments == 0;
        transition select(hdr.ipv4.version, hdr.ipv4.ihl, hdr.ipv4.offset, hdr.ipv4.protocol) {
            (4, 5, 0, IP_UDP): parse_udp;
            (4, 5, _, _): accept;
            default: parse_ipv4_options;
        }
    }

    state parse_ipv4_options {
        m.traffic = TRAFFIC_IPV4_OPTIONS;
        transition accept;
    }

    state parse_udp {
        pkt.extract(hdr.udp);
        transition select(hdr.udp.sport, hdr.udp.dport) {
            (KV_PORT, _): parse_kv;
            (_, KV_PORT): parse_kv;
            default: accept;
        }
    }

    state parse_kv {
        m.traffic = TRAFFIC_OTHER_STORE;
        pkt.extract(hdr.kv);
        transition select(m.whole, hdr.kv.length) {
            (true, 1 .. 64): parse_word0;
            default: accept;
        }
    }

    state parse_word0 {
        pkt.extract(hdr.word0);
        transition select(hdr.kv.length) {
            17 .. 64: parse_word1;
            default: accept;
        }
    }

    state parse_word1 {
        pkt.extract(hdr.word1);
        transition select(hdr.kv.length) {
            33 .. 64: parse_word2;
            default: accept;
        }
    }

    state parse_word2 {
        pkt.extract(hdr.word2);
        transition select(hdr.kv.length) {
            49 .. 64: parse_word3;
            default: accept;
        }
    }

    state parse_word3 {
        pkt.extract(hdr.word3);
        transition accept;
    }
}

// A UDP checksum of 0 says that there is none, so one that comes out as 0 is sent as its other form (RFC 768).
bit<16> udp_checksum(in bit<16> computed) {
    return computed == 0 ? 16w0xffff : computed;
}

// Bytes of a value's words.
bit<16> padded(in bit<16> length) {
    return (length + 15) & 0xfff0;
}

// The number of the interval of 1.07 s that a time is in; 0 is a cell that was never used.
bit<32> interval_of(in bit<64> now) {
    return now[61:30] + 1;
}

control MainControl(
    inout headers_t hdr,
    inout meta_t m,
    in    pna_main_input_metadata_t istd,
    inout pna_main_output_metadata_t ostd)
{
    // A copy of a record, one cell for each entry of `items`, by the flow id that the entry holds.
    Register<bit<8>, FlowId_t>(ITEMS, 0) valid;
    Register<bit<64>, FlowId_t>(ITEMS, 0) version;
    Register<bit<64>, FlowId_t>(ITEMS, 0) confirmed_ns;
    Register<bit<16>, FlowId_t>(ITEMS, 0) length;
    Register<bit<128>, FlowId_t>(ITEMS, 0) word0;
    Register<bit<128>, FlowId_t>(ITEMS, 0) word1;
    Register<bit<128>, FlowId_t>(ITEMS, 0) word2;
    Register<bit<128>, FlowId_t>(ITEMS, 0) word3;

    // How often keys without a copy are asked for: a count-min sketch of two rows, by halves of one hash.
    Register<cell_t, bit<16>>(CELLS) asked_low;
    Register<cell_t, bit<16>>(CELLS) asked_high;

    Counter<bit<64>, bit<8>>(8, PNA_CounterType_t.PACKETS) drops;
    Counter<bit<64>, bit<8>>(4, PNA_CounterType_t.PACKETS) gets;
    Counter<bit<64>, bit<8>>(8, PNA_CounterType_t.PACKETS) answers;

    Hash<bit<32>>(PNA_HashAlgorithm_t.CRC32) key_hash;
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

    action stores_side(PortId_t port) {
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
            stores_side;
            @defaultonly no_interface;
        }
        const default_action = no_interface;
        size = 64;
    }

    action cache(bit<64> lease_ns, bit<32> hot) {
        m.lease_ns = lease_ns;
        m.hot = hot;
    }

    action dont_cache() {
    }

    // The stores whose records are cached.
    table stores {
        key = {
            m.store_addr: exact @name("address");
        }
        actions = {
            cache;
            @defaultonly dont_cache;
        }
        const default_action = dont_cache;
        size = 256;
    }

    action let_through() {
        send_to_port(m.egress);
    }

    action block() {
        discard(m.traffic);
    }

    // What to do with what is no message from or to a known store.
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

    // ---------------------------------------------------------------- hot keys

    action count_asked(in bit<32> hash) {
        bit<32> interval = interval_of(m.now);
        cell_t low = asked_low.read(hash[15:0]);
        low.gets = low.interval == interval ? low.gets |+| 1 : 1;
        low.interval = interval;
        asked_low.write(hash[15:0], low);
        cell_t high = asked_high.read(hash[31:16]);
        high.gets = high.interval == interval ? high.gets |+| 1 : 1;
        high.interval = interval;
        asked_high.write(hash[31:16], high);
    }

    action is_hot(in bit<32> hash, out bool hot) {
        bit<32> interval = interval_of(m.now);
        cell_t low = asked_low.read(hash[15:0]);
        cell_t high = asked_high.read(hash[31:16]);
        hot = low.interval == interval && high.interval == interval && low.gets >= m.hot && high.gets >= m.hot;
    }

    // ---------------------------------------------------------------- copies

    // Puts the answer's value into the copy.
    action store_value(in FlowId_t id) {
        valid.write(id, 1);
        version.write(id, hdr.kv.version);
        confirmed_ns.write(id, m.now);
        length.write(id, hdr.kv.length);
        word0.write(id, hdr.word0.isValid() ? hdr.word0.bytes : 0);
        word1.write(id, hdr.word1.isValid() ? hdr.word1.bytes : 0);
        word2.write(id, hdr.word2.isValid() ? hdr.word2.bytes : 0);
        word3.write(id, hdr.word3.isValid() ? hdr.word3.bytes : 0);
    }

    // Turns the GET into its answer. The checksum is corrected, not made anew: a request that was damaged on its way
    // must not get an answer that looks good.
    action answer(in FlowId_t id) {
        bit<16> bytes = length.read(id);
        bit<64> current = version.read(id);
        bit<16> udp_length = 8 + KV_BYTES + padded(bytes);
        bit<16> ip_length = 20 + udp_length;

        checksum.clear();
        checksum.subtract(hdr.udp.checksum);
        checksum.subtract({ hdr.udp.length, hdr.udp.length, hdr.kv.op, hdr.kv.status, hdr.kv.version, hdr.kv.length });
        checksum.add({ udp_length, udp_length, OP_GET | OP_ANSWER, STATUS_OK, current, bytes });
        if (bytes > 0) {
            hdr.word0.setValid();
            hdr.word0.bytes = word0.read(id);
            checksum.add(hdr.word0.bytes);
        }
        if (bytes > 16) {
            hdr.word1.setValid();
            hdr.word1.bytes = word1.read(id);
            checksum.add(hdr.word1.bytes);
        }
        if (bytes > 32) {
            hdr.word2.setValid();
            hdr.word2.bytes = word2.read(id);
            checksum.add(hdr.word2.bytes);
        }
        if (bytes > 48) {
            hdr.word3.setValid();
            hdr.word3.bytes = word3.read(id);
            checksum.add(hdr.word3.bytes);
        }
        if (hdr.udp.checksum != 0) {
            hdr.udp.checksum = udp_checksum(checksum.get());
        }
        hdr.kv.op = OP_GET | OP_ANSWER;
        hdr.kv.status = STATUS_OK;
        hdr.kv.version = current;
        hdr.kv.length = bytes;
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

    // The key has a copy. What it isn't sure of any more is invalid; whether an answer changes that, its version says.
    action copy(FlowId_t id) {
        bool invalidate = false;
        if (m.from_clients) {
            if (hdr.kv.op != OP_GET) {
                invalidate = true;
            } else if (valid.read(id) == 0) {
                gets.count(GET_INVALID);
            } else if (m.now - confirmed_ns.read(id) > m.lease_ns) {
                gets.count(GET_LEASE_OVER);
            } else {
                answer(id);
                restart_expire_timer();
                gets.count(GET_ANSWERED);
            }
        } else {
            bit<64> known = version.read(id);
            if (hdr.kv.version < known) {
                answers.count(ANSWER_LATE);
            } else if (m.has_value) {
                answers.count(hdr.kv.version == known ? ANSWER_CONFIRMED : ANSWER_WRITTEN);
                store_value(id);
                restart_expire_timer();
            } else {
                answers.count(ANSWER_REMOVED);
                version.write(id, hdr.kv.version);
                invalidate = true;
            }
        }
        if (invalidate) {
            valid.write(id, 0);
        }
    }

    // It has none. The sketch counts what is asked for; an answer about a hot key makes a copy.
    action no_copy() {
        if (m.from_clients) {
            if (hdr.kv.op == OP_GET) {
                count_asked(key_hash.get_hash({ hdr.kv.key, m.store_addr }));
                gets.count(GET_MISSED);
            }
        } else if (!m.has_value) {
            answers.count(ANSWER_NO_VALUE);
        } else {
            bool hot;
            is_hot(key_hash.get_hash({ hdr.kv.key, m.store_addr }), hot);
            if (!hot) {
                answers.count(ANSWER_COLD);
            } else {
                FlowId_t id = allocate_flow_id();
                if (add_entry("copy", (copy_params_t) { id = id }, PROFILE_ITEM) == ADD_ENTRY_SUCCESS) {
                    store_value(id);
                    answers.count(ANSWER_LEARNT);
                } else {
                    answers.count(ANSWER_TABLE_FULL);
                }
            }
        }
    }

    table items {
        key = {
            hdr.kv.key: exact @name("key");
            m.store_addr: exact @name("store");
        }
        actions = {
            @tableonly copy;
            @defaultonly no_copy;
        }
        const default_action = no_copy;
        add_on_miss = true;
        pna_idle_timeout = PNA_IdleTimeout_t.AUTO_DELETE;
        size = ITEMS;
    }

    // ---------------------------------------------------------------- a packet's way

    // A message is what its sender may send, with the length that it says. Of fragments only the first has a header.
    action check_message() {
        bit<8> request = m.from_clients ? hdr.kv.op : hdr.kv.op ^ OP_ANSWER;
        bool sound = hdr.kv.magic == KV_MAGIC && (request == OP_GET || request == OP_SET || request == OP_DELETE)
            && (!m.from_clients || request == OP_SET || hdr.kv.length == 0);
        bool fits = hdr.udp.length == 8 + KV_BYTES + padded(hdr.kv.length)
            && hdr.ipv4.length == 20 + hdr.udp.length && hdr.kv.length < 0xf000;
        if (!sound || (m.whole && !fits)) {
            discard(DROP_MALFORMED);
        }
        m.has_value = hdr.kv.status == STATUS_OK && request != OP_DELETE && m.whole && hdr.kv.length <= 64;
    }

    apply {
        if (istd.parser_error != error.NoError) {
            discard(DROP_MALFORMED);
        }
        interfaces.apply();
        bool known = false;
        if (hdr.kv.isValid()) {
            if (hdr.udp.dport == KV_PORT ? m.from_clients : !m.from_clients) {
                m.store_addr = m.from_clients ? hdr.ipv4.dst : hdr.ipv4.src;
                known = stores.apply().hit;
            }
        }
        if (known) {
            check_message();
            m.now = (bit<64>) istd.timestamp;
            items.apply();
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
        pkt.emit(hdr.kv);
        pkt.emit(hdr.word0);
        pkt.emit(hdr.word1);
        pkt.emit(hdr.word2);
        pkt.emit(hdr.word3);
    }
}

PNA_NIC(MainParser(), MainControl(), MainDeparser()) main;
