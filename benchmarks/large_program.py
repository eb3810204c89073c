"""A large v1model program in the style of real ones: `python benchmarks/large_program.py [lines] > large.p4`.

Dozens of headers, a parser with tunnels, tags and a stack of labels, and as many features as the number of lines asks
for. A feature is a control of its own with tables, actions, nested conditions, macros, a switch on the action that ran,
and every so often a register that is read and written at a hash of the packet's addresses, a counter or a meter. The
same arguments give the same text.
"""

from __future__ import annotations

import sys

LINES_A_FEATURE = 92
"""About; the rest of the program has FIXED_LINES."""
FIXED_LINES = 610

_HEAD = """\
#include <core.p4>
#include <v1model.p4>

#define ETHERTYPE_VLAN 0x8100
#define ETHERTYPE_QINQ 0x88a8
#define ETHERTYPE_MPLS 0x8847
#define ETHERTYPE_IPV4 0x0800
#define ETHERTYPE_IPV6 0x86dd
#define ETHERTYPE_ARP 0x0806
#define PROTO_ICMP 1
#define PROTO_TCP 6
#define PROTO_UDP 17
#define PROTO_GRE 47
#define UDP_VXLAN 4789
#define IS_V4 (hdr.ipv4.isValid())
#define IS_V6 (hdr.ipv6.isValid())
#define BOTH_PORTS(a, b) (hdr.l4.src == (a) && hdr.l4.dst == (b))
#define FLOW_CELLS 4096
#ifndef TABLE_SIZE
#define TABLE_SIZE 1024
#endif

typedef bit<48> mac_t;
typedef bit<32> ip4_t;
typedef bit<128> ip6_t;
typedef bit<9> port_t;
const bit<8> DEFAULT_TTL = 64;
enum bit<8> Reason { NONE = 0, TTL = 1, ACL = 2, POLICER = 3, MALFORMED = 4 }

header ethernet_t { mac_t dst; mac_t src; bit<16> kind; }
header vlan_t { bit<3> pcp; bit<1> dei; bit<12> vid; bit<16> kind; }
header mpls_t { bit<20> label; bit<3> tc; bit<1> bottom; bit<8> ttl; }
header arp_t {
    bit<16> hw; bit<16> proto; bit<8> hlen; bit<8> plen; bit<16> op; mac_t sha; ip4_t spa; mac_t tha; ip4_t tpa;
}
header ipv4_t {
    bit<4> version; bit<4> ihl; bit<6> dscp; bit<2> ecn; bit<16> len; bit<16> id; bit<3> flags; bit<13> offset;
    bit<8> ttl; bit<8> proto; bit<16> checksum; ip4_t src; ip4_t dst;
}
header ipv6_t {
    bit<4> version; bit<8> tclass; bit<20> label; bit<16> len; bit<8> next; bit<8> hops; ip6_t src; ip6_t dst;
}
header l4_t { bit<16> src; bit<16> dst; }
header tcp_t { bit<32> seq; bit<32> ack; bit<4> off; bit<4> res; bit<8> flags; bit<16> win; bit<16> sum; bit<16> urg; }
header udp_t { bit<16> len; bit<16> sum; }
header icmp_t { bit<8> kind; bit<8> code; bit<16> sum; }
header gre_t { bit<16> flags; bit<16> proto; }
header vxlan_t { bit<8> flags; bit<24> reserved; bit<24> vni; bit<8> more; }
"""

_PARSER = """\
parser LargeParser(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    state start {
        pkt.extract(hdr.ethernet);
        transition select(hdr.ethernet.kind) {
            ETHERTYPE_VLAN: parse_vlan;
            ETHERTYPE_QINQ: parse_vlan;
            ETHERTYPE_MPLS: parse_mpls;
            ETHERTYPE_IPV4: parse_ipv4;
            ETHERTYPE_IPV6: parse_ipv6;
            ETHERTYPE_ARP: parse_arp;
@CASES@
            default: accept;
        }
    }
    state parse_vlan {
        pkt.extract(hdr.vlan.next);
        transition select(hdr.vlan.last.kind) {
            ETHERTYPE_VLAN: parse_vlan;
            ETHERTYPE_MPLS: parse_mpls;
            ETHERTYPE_IPV4: parse_ipv4;
            ETHERTYPE_IPV6: parse_ipv6;
            default: accept;
        }
    }
    state parse_mpls {
        pkt.extract(hdr.mpls.next);
        transition select(hdr.mpls.last.bottom) {
            0: parse_mpls;
            1: parse_below_mpls;
        }
    }
    state parse_below_mpls {
        transition select(pkt.lookahead<bit<4>>()) {
            4: parse_ipv4;
            6: parse_ipv6;
            default: accept;
        }
    }
    state parse_arp {
        pkt.extract(hdr.arp);
        transition accept;
    }
    state parse_ipv4 {
        pkt.extract(hdr.ipv4);
        meta.proto = hdr.ipv4.proto;
        transition select(hdr.ipv4.offset, hdr.ipv4.ihl, hdr.ipv4.proto) {
            (0, 5, PROTO_ICMP): parse_icmp;
            (0, 5, PROTO_TCP): parse_tcp;
            (0, 5, PROTO_UDP): parse_udp;
            (0, 5, PROTO_GRE): parse_gre;
            default: accept;
        }
    }
    state parse_ipv6 {
        pkt.extract(hdr.ipv6);
        meta.proto = hdr.ipv6.next;
        transition select(hdr.ipv6.next) {
            PROTO_TCP: parse_tcp;
            PROTO_UDP: parse_udp;
            default: accept;
        }
    }
    state parse_icmp { pkt.extract(hdr.icmp); transition accept; }
    state parse_gre { pkt.extract(hdr.gre); transition accept; }
    state parse_tcp { pkt.extract(hdr.l4); pkt.extract(hdr.tcp); transition accept; }
    state parse_udp {
        pkt.extract(hdr.l4);
        pkt.extract(hdr.udp);
        transition select(hdr.l4.dst) {
            UDP_VXLAN: parse_vxlan;
            default: accept;
        }
    }
    state parse_vxlan { pkt.extract(hdr.vxlan); transition accept; }
@STATES@
}

control LargeVerify(inout headers_t hdr, inout meta_t meta) {
    apply {
        verify_checksum(IS_V4 && hdr.ipv4.ihl == 5, { hdr.ipv4.version, hdr.ipv4.ihl, hdr.ipv4.dscp, hdr.ipv4.ecn,
            hdr.ipv4.len, hdr.ipv4.id, hdr.ipv4.flags, hdr.ipv4.offset, hdr.ipv4.ttl, hdr.ipv4.proto, hdr.ipv4.src,
            hdr.ipv4.dst }, hdr.ipv4.checksum, HashAlgorithm.csum16);
    }
}
"""

_FEATURE = """\
// Feature @N@.
control Feature@N@(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
@STATE@    action drop_it(Reason reason) {
        meta.reason = reason;
        meta.dropped = 1;
        mark_to_drop(std);
    }
    action set_class(bit<8> class, bit<6> dscp) {
        meta.f@N@.class = class;
        hdr.ipv4.dscp = dscp;
    }
    action set_tag(bit<12> vid) {
        meta.f@N@.tag = vid;
        hdr.vlan[0].vid = vid;
    }
    action set_bucket(bit<16> group) {
        hash(meta.f@N@.bucket, HashAlgorithm.crc16, (bit<16>)0,
             { hdr.ipv4.src, hdr.ipv4.dst, meta.proto, group }, 16w256);
    }
    action rewrite(mac_t src, mac_t dst, port_t port) {
        hdr.ethernet.src = src;
        hdr.ethernet.dst = dst;
        std.egress_spec = port;
    }
    action age() {
        hdr.ipv4.ttl = hdr.ipv4.ttl |-| 1;
    }
    table acl {
        key = {
            hdr.ipv4.src: ternary;
            hdr.ipv4.dst: ternary;
            meta.proto: ternary;
            hdr.l4.dst: range;
        }
        actions = { drop_it; set_class; NoAction; }
        size = 512;
        default_action = NoAction();
    }
    table routes {
        key = { hdr.ipv4.dst: lpm; meta.f@N@.class: exact; }
        actions = { rewrite; set_bucket; age; drop_it; NoAction; }
        size = TABLE_SIZE;
        default_action = NoAction();
    }
    table members {
        key = { meta.f@N@.bucket: exact; std.ingress_port: exact; }
        actions = { rewrite; set_tag; NoAction; }
        size = TABLE_SIZE;
        default_action = NoAction();
    }
    table custom {
        key = { hdr.x@X@.kind: exact; hdr.x@X@.value: ternary; }
        actions = { set_class; set_tag; NoAction; }
        size = 64;
        const default_action = NoAction();
    }
    apply {
        if (meta.dropped == 0) {
            if (IS_V4) {
                acl.apply();
                if (meta.f@N@.class != @CLASS@) {
                    switch (routes.apply().action_run) {
                        set_bucket: { members.apply(); }
                        drop_it: { meta.f@N@.tag = @TAG@; }
                        default: {
                            if (BOTH_PORTS(@PORT@, @PORT2@)) {
                                meta.f@N@.class = @CLASS@;
                            } else if (hdr.ipv4.ttl == 0) {
                                drop_it(Reason.TTL);
                            }
                        }
                    }
                }
@USE@            } else if (IS_V6 && hdr.ipv6.hops > @CLASS@) {
                hdr.ipv6.hops = hdr.ipv6.hops - 1;
                meta.f@N@.bucket = hdr.ipv6.len ^ @PORT@;
            } else if (hdr.x@X@.isValid()) {
                custom.apply();
                hdr.x@X@.value = hdr.x@X@.value + (bit<32>)meta.f@N@.tag;
            }
        }
    }
}
"""

_TAIL = """\
control LargeEgress(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        if (hdr.vlan[0].isValid() && hdr.vlan[0].vid == 0) {
            hdr.ethernet.kind = hdr.vlan[0].kind;
            hdr.vlan.pop_front(1);
        }
        if (IS_V4 && hdr.ipv4.ttl == 0) {
            mark_to_drop(std);
        }
    }
}

control LargeUpdate(inout headers_t hdr, inout meta_t meta) {
    apply {
        update_checksum(IS_V4 && hdr.ipv4.ihl == 5, { hdr.ipv4.version, hdr.ipv4.ihl, hdr.ipv4.dscp, hdr.ipv4.ecn,
            hdr.ipv4.len, hdr.ipv4.id, hdr.ipv4.flags, hdr.ipv4.offset, hdr.ipv4.ttl, hdr.ipv4.proto, hdr.ipv4.src,
            hdr.ipv4.dst }, hdr.ipv4.checksum, HashAlgorithm.csum16);
    }
}

control LargeDeparser(packet_out pkt, in headers_t hdr) {
    apply {
@EMITS@
    }
}

V1Switch(LargeParser(), LargeVerify(), LargeIngress(), LargeEgress(), LargeUpdate(), LargeDeparser()) main;
"""

_KINDS = ("", "flow", "counter", "meter", "seen")
"""What a feature has beside its tables, in turn."""

_STATES = {
    "": "",
    "flow": "    register<bit<32>>(FLOW_CELLS) packets;\n",
    "counter": "    counter(FLOW_CELLS, CounterType.packets_and_bytes) counted;\n",
    "meter": "    meter(256, MeterType.bytes) policer;\n",
    "seen": "    register<bit<48>>(FLOW_CELLS) last;\n",
}

_USES = {
    "": "",
    "flow": """\
                bit<32> at;
                bit<32> count;
                hash(at, HashAlgorithm.crc32, (bit<32>)0, { hdr.ipv4.src, hdr.ipv4.dst, meta.proto },
                     (bit<32>)FLOW_CELLS);
                packets.read(count, at);
                count = count + 1;
                packets.write(at, count);
                if (count > @LIMIT@ && hdr.tcp.isValid()) {
                    drop_it(Reason.POLICER);
                }
""",
    "counter": "                counted.count((bit<32>)hdr.ipv4.src[11:0]);\n",
    "meter": """\
                bit<2> colour;
                policer.execute_meter((bit<32>)meta.f@N@.class, colour);
                if (colour == 2) {
                    drop_it(Reason.POLICER);
                }
""",
    "seen": """\
                bit<48> before;
                last.read(before, (bit<32>)hdr.ipv4.dst[11:0]);
                if (std.ingress_global_timestamp - before > @LIMIT@) {
                    last.write((bit<32>)hdr.ipv4.dst[11:0], std.ingress_global_timestamp);
                }
""",
}


def _filled(text: str, **values: object) -> str:
    for name, value in values.items():
        text = text.replace(f"@{name}@", str(value))
    return text


def _feature(number: int, customs: int, stateful: int) -> str:
    kind = _KINDS[number % len(_KINDS)]
    if kind in ("flow", "seen") and number // len(_KINDS) * 2 >= stateful:
        kind = "counter"
    return _filled(
        _FEATURE, USE=_USES[kind], STATE=_STATES[kind], N=number, X=number % customs, CLASS=number % 200 + 1,
        TAG=number % 4000, PORT=1000 + number, PORT2=2000 + number, LIMIT=1000 * (number + 1),
    )  # fmt: skip


def large_program(lines: int, stateful: int = 8) -> str:
    """The text of a program of about this many lines, of which about `stateful` features keep state in registers."""
    features = max(1, (lines - FIXED_LINES) // LINES_A_FEATURE)
    customs = max(1, min(48, features))
    names = ["ethernet", "vlan", "mpls", "arp", "ipv4", "ipv6", "l4", "tcp", "udp", "icmp", "gre", "vxlan"]
    types = {"vlan": "vlan_t[2]", "mpls": "mpls_t[3]"}
    names += [f"x{i}" for i in range(customs)]
    parts = [_HEAD]
    parts += [
        f"header x{i}_t {{\n    bit<16> kind;\n    bit<16> flags;\n    bit<32> value;\n}}" for i in range(customs)
    ]
    parts += ["struct headers_t {", *(f"    {types.get(n, f'{n}_t')} {n};" for n in names), "}"]
    parts += ["struct feature_t { bit<8> class; bit<12> tag; bit<16> bucket; }"]
    parts += ["struct meta_t {", "    Reason reason;", "    bit<1> dropped;", "    bit<8> proto;"]
    parts += [*(f"    feature_t f{i};" for i in range(features)), "}"]
    cases = "\n".join(f"            {0x9000 + i:#06x}: parse_x{i};" for i in range(customs))
    states = "\n".join(
        f"    state parse_x{i} {{\n        pkt.extract(hdr.x{i});\n        transition accept;\n    }}"
        for i in range(customs)
    )
    parts += [_filled(_PARSER, CASES=cases, STATES=states)]
    parts += [_feature(i, customs, stateful) for i in range(features)]
    parts += ["control LargeIngress(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {"]
    parts += [f"    Feature{i}() feature{i};" for i in range(features)]
    parts += ["    apply {", "        std.egress_spec = std.ingress_port ^ 1;"]
    parts += [f"        feature{i}.apply(hdr, meta, std);" for i in range(features)]
    parts += ["    }", "}", _filled(_TAIL, EMITS="\n".join(f"        pkt.emit(hdr.{n});" for n in names))]
    return "\n".join(parts)


def main() -> None:
    print(large_program(int(sys.argv[1]) if len(sys.argv) > 1 else 6500), end="")


if __name__ == "__main__":
    main()
