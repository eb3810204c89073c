// The language's forms, one after another; the names say what they try.
#define V1MODEL_VERSION 20200408
#include <core.p4>
#include <v1model.p4>

typedef bit<48> mac_t;
type bit<9> PortNumber;
const bit<16> ETHERTYPE = 0x0800;
const int WIDTH = 8 * 2 + 16;
const bit<(WIDTH)> MASK = 0xFFFF_0000;
const bit<8> NEGATED = ~8w0b0000_1111;
const int<8> SIGNED = -8s5;
const bool TRUTH = WIDTH == 32 && !(MASK == 0);
const tuple<bit<8>, bool> PAIR = { 3, true };
const string TEXT = "a \"quoted\" text";

error { Odd, Even }

enum Plain { One, Two }
enum bit<8> Valued { A = 1, B = 2, C = 0x10 }

header ethernet_t { mac_t dst; mac_t src; bit<16> type; }
header option_t { bit<8> kind; Valued value; bool flag; @optional bit<7> rest; }
header long_t { bit<8> length; varbit<320> data; }
header_union either_t { option_t o; ethernet_t e; }
header generic_h<T> { T field; }
struct generic_s<T, S> { T first; S second; }
struct headers_t { ethernet_t eth; option_t[4] options; either_t either; long_t tail; generic_h<bit<8>> g; }
struct meta_t { bit<32> a; bit<32> b; bool c; Plain p; Valued v; PortNumber port; generic_s<bit<8>, bool> pair; error e; }

bit<8> twice(in bit<8> x) { return x + x; }
T pick<T>(in bool which, in T a, in T b) {
    if (which) { return a; }
    return b;
}

action outside(inout bit<32> x) { x = x |+| 1; }

parser Inner(packet_in p, out option_t o) {
    state start { p.extract(o); transition accept; }
}

parser P(packet_in pkt, out headers_t h, inout meta_t m, inout standard_metadata_t sm) {
    Inner() inner;
    value_set<bit<16>>(4) types;
    value_set<tuple<bit<8>, bool>>(4) pairs;
    bit<8> left = 2;
    state start {
        pkt.extract(h.eth);
        { bit<8> local = 5; left = local; }
        if (h.eth.type == ETHERTYPE) { m.a = 1; } else m.a = 2;
        transition select(h.eth.type, h.eth.dst[7:0]) {
            (ETHERTYPE, 1 &&& 3): options;
            (0x1000 .. 0x2000, _): tail;
            (types, _): reject;
            _: next;
        }
    }
    state options {
        pkt.extract(h.options.next);
        left = left - 1;
        verify(left != 255, error.Odd);
        verify(h.options.lastIndex < 4, error.StackOutOfBounds);
        transition select(h.options.last.kind, left == 0, pkt.lookahead<bit<8>>()) {
            (0, true, _): accept;
            (_, false, 8w1 .. 5): options;
            default: next;
        }
    }
    state tail {
        pkt.extract(h.tail, (bit<32>) (h.eth.type[7:0] ++ 3w0));
        pkt.advance(8);
        pkt.extract<option_t>(_);
        m.a = pkt.length();
        transition accept;
    }
    state next {
        inner.apply(pkt, h.options[0]);
        transition select(h.options[0].kind, h.options[0].flag) { pairs: accept; default: last; }
    }
    @name("the_last") state last { }
}

control V(inout headers_t h, inout meta_t m) { apply { } }

control Sub(inout bit<32> x)(bit<32> step, bool twice_) {
    const bit<32> more = step + 1;
    apply {
        x = x + step;
        if (twice_) { x = x + more; }
    }
}

control I(inout headers_t h, inout meta_t m, inout standard_metadata_t sm) {
    Sub(5, true) sub;
    Sub(step = 1, twice_ = false) other;
    register<bit<32>, bit<8>>(256) reg;
    counter<bit<4>>(16, CounterType.packets) hits;
    direct_counter(CounterType.bytes) direct;
    @hidden action nothing() { }
    action to(PortNumber port, bit<8> n) { sm.egress_spec = (bit<9>) port; m.a = (bit<32>) twice(n); }
    action with_direction(inout bit<32> x, in bit<32> y, bit<32> z) { x = y + z; }
    table t {
        key = {
            h.eth.dst: exact @name("dst");
            m.a & 0xff: ternary;
            h.eth.type: range;
            m.v: optional;
            h.options[0].isValid(): exact;
            m.port: exact;
        }
        actions = { nothing; to; with_direction(m.a, m.b); @defaultonly NoAction; .outside(m.b); }
        default_action = to((PortNumber) 5, 1);
        const entries = {
            (1, 2 &&& 3, 5 .. 7, Valued.A, true, (PortNumber) 1): to((PortNumber) 3, 4);
            (0x10, _, _, _, false, _): with_direction(9);
            _: nothing();
        }
        size = WIDTH * 4;
        counters = direct;
    }
    table priorities {
        key = { m.b: ternary; }
        actions = { NoAction; }
        largest_priority_wins = false;
        entries = {
            const priority = 10: 5: NoAction();
            priority = (10 + 5): 6 &&& 7: NoAction() @name("x");
        }
    }
    apply {
        m.a[15:8] = h.eth.type[7:0];
        m.a[8+:8] += 1;
        m.b <<= 2; m.b >>= 1; m.b |= 3; m.b |-|= 1;
        m.a = m.b >> 2 << m.v;
        m.a = -m.b + ~m.a * 3 - (m.a ^ m.b | m.a & 7) / 3 % 5;
        m.c = m.a < m.b || m.a >= 5 && m.p != Plain.One || m.v == 2;
        m.a = m.c ? 1 : 2;
        m.b = (bit<32>) (bit<8>) m.v;
        m.v = (Valued) 2;
        m.port = (PortNumber) sm.ingress_port;
        m.pair = { 1, true };
        m.pair = { second = false, first = twice(2) };
        m.pair = { first = 1, ... };
        m.pair = (generic_s<bit<8>, bool>) { 3, ... };
        m.e = error.Even;
        h.eth = { 1, 2, 3 };
        h.options[1] = {#};
        h.options[m.a] = h.options[2];
        h.options.push_front(1);
        h.g.setValid();
        m.c = h.either.o.isValid() == (h.g.field > 3);
        m.b = (bit<32>) PAIR[0];
        tuple<bit<8>, bool> pair = { 1, m.c };
        m.c = pair == { 1, true };
        const bit<32> LOCAL = 7;
        m.a = pick(m.c, m.a, LOCAL);
        m.a = pick<bit<32>>(m.c, 1, 2);
        int<16> s = (int<16>) 16w0xFFFF;
        m.c = s < 0 && s >> 3 == -1;
        bit<16> joined = m.a[7:0] ++ (bit<8>) (s[7:0]);
        m.a = h.eth.minSizeInBytes() + (bit<32>) joined;
        for (bit<32> i = 0; i < 4; i = i + 1) { if (i == 2) continue; m.a = m.a + i; }
        for (bit<8> i in 8w1 .. 3) { m.b = m.b + (bit<32>) i; break; }
        sub.apply(m.a);
        other.apply(x = m.b);
        reg.read(m.a, 3);
        reg.write(3, m.a);
        hits.count(4w1);
        switch (t.apply().action_run) {
            nothing:
            to: { m.a = 1; }
            default: { exit; }
        }
        switch (m.v) {
            Valued.A: { m.a = 2; }
            (Valued) 2: { m.a = 3; }
        }
        if (!priorities.apply().hit) { return; } else if (t.apply().miss) m.a = 5;
        hash(m.a, HashAlgorithm.crc32, 32w0, { h.eth.dst, h.eth.src, 16w5 }, 32w100);
        random(m.a, 0, 5);
        with_direction(m.a, 5, 6);
        mark_to_drop(sm);
        log_msg("value {}", { m.a });
        ;
    }
}
control E(inout headers_t h, inout meta_t m, inout standard_metadata_t sm) { apply { } }
control K(inout headers_t h, inout meta_t m) { apply { } }
control D(packet_out pkt, in headers_t h) { apply { pkt.emit(h.eth); pkt.emit(h); } }
V1Switch(P(), V(), I(), E(), K(), D()) main;
