"""Tunnels of generated traffic: scapy finds in them what was put in, and what comes out is known by what it carries."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace

import pytest
from scapy.contrib.gtp import GTP_U_Header, GTPPDUSessionContainer
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Dot1Q, Ether
from scapy.layers.vxlan import VXLAN

from cora.cli.steps import find_spec
from cora.diagnostics import UserError
from cora.ir.store import Store
from cora.nf.build import build_program, fresh_store
from cora.traffic.assign import PortAssigner, PortRules
from cora.traffic.edge import EdgePackets
from cora.traffic.generate import generate
from cora.traffic.generate_spec import GenerateSpec, generate_spec
from cora.traffic.headers import parse_headers
from cora.traffic.tunnel import Tunnel, TunnelKind, TunnelSpec, gtpu, inner_at, parse_through
from cora.traffic.wire import PLAIN, frame

GTPU = TunnelSpec("gtpu", "203.0.113.1", "192.0.2.0/29", "inside", first_id=100, ids=16, messages=0.02)
VXLAN_ = TunnelSpec("vxlan", "203.0.113.1", "192.0.2.0/29", "outside", first_id=5000, ids=4, first_vlan=10)
SPEC = GenerateSpec(packets=1500, flows=40, seed=3, ipv6=0.3, clients="10.0.0.0/28", clients6="fd00::/124")


def split_by_side(tunnel: TunnelSpec) -> tuple[list[bytes], list[bytes]]:
    """The frames of the tunnel's side, and the others."""
    assigner = PortAssigner(PortRules(1, 0, tunnel=tunnel.kind))
    there: list[bytes] = []
    others: list[bytes] = []
    for made in generate(replace(SPEC, tunnel=tunnel)).frames:
        inside = assigner.assign(made.data).port == 1
        (there if inside == (tunnel.side == "inside") else others).append(made.data)
    return there, others


def test_gtpu_carries_the_packets_of_clients() -> None:
    there, others = split_by_side(GTPU)
    kinds: Counter[str] = Counter()
    for data in there:
        packet = Ether(data)
        assert packet[IP].dst == "203.0.113.1" and packet[UDP].dport == 2152
        header = packet[GTP_U_Header]
        if header.gtp_type == 1:
            kinds["echo"] += 1
            assert header.S == 1 and header.length == 4
            continue
        kinds["extended" if GTPPDUSessionContainer in packet else "plain"] += 1
        inner = parse_through(data, "gtpu").key
        assert inner is not None
        base = int.from_bytes(b"\x0a\0\0\0" if inner.version == 4 else b"\xfd" + bytes(15), "big")
        assert header.teid == 100 + inner.src - base
        assert header.length == packet[UDP].len - 16 == packet[IP].len - 36
    assert kinds["echo"] > 5 and kinds["extended"] > 200 and kinds["plain"] > 200
    assert len(others) > 500
    assert all(GTP_U_Header not in Ether(data) for data in others)


def test_vxlan_carries_answers_and_clients_have_tags() -> None:
    there, others = split_by_side(VXLAN_)
    assert len(there) > 400 and len(others) > 400
    for data in there:
        packet = Ether(data)
        inner = packet[VXLAN].payload
        key = parse_through(data, "vxlan").key
        assert key is not None and parse_headers(bytes(inner)).key == key
        assert packet[VXLAN].vni == 5000 + (key.dst & 15) % 4 and packet[UDP].sport >= 0xC000
    for data in others:
        packet = Ether(data)
        key = parse_headers(data).key
        assert key is not None and packet[Dot1Q].vlan == 10 + (key.src & 15) % 4


@pytest.mark.parametrize("tunnel", [GTPU, VXLAN_])
def test_what_is_dressed_can_be_undressed(tunnel: TunnelSpec) -> None:
    made = Tunnel(tunnel, SPEC.clients, SPEC.clients6)
    plain = generate(SPEC).frames[:200]
    for number, data in enumerate(f.data for f in plain):
        key = parse_headers(data).key
        assert key is not None
        inside = tunnel.side == "inside"
        dressed = made.dress(key, data, inside, random.Random(number))
        assert dressed != data
        assert made.undress(dressed) == data
        assert parse_through(dressed, tunnel.kind).flow == parse_headers(data).flow


GOOD = frame(parse_headers(generate(SPEC).frames[0].data).key or pytest.fail("no flow"), b"data", PLAIN)


@pytest.mark.parametrize("kind", ["gtpu", "vxlan"])
def test_no_cut_is_too_odd(kind: TunnelKind) -> None:
    tunnel = GTPU if kind == "gtpu" else VXLAN_
    key = parse_headers(GOOD).key
    assert key is not None
    data = Tunnel(tunnel, SPEC.clients, SPEC.clients6).dress(key, GOOD, tunnel.side == "inside", random.Random(1))
    whole = inner_at(data, kind)
    assert whole is not None
    for size in range(len(data)):
        assert inner_at(data[:size], kind) in (whole, None)
        parse_through(data[:size], kind)


def test_an_extension_header_without_end_carries_nothing() -> None:
    outer = parse_headers(Tunnel(GTPU, SPEC.clients, SPEC.clients6).message(random.Random(1))[1]).key
    assert outer is not None
    endless = gtpu(255, 1, b"\x01\0\0\x85" * 20, qfi=1)
    endless = endless[:15] + b"\x85" + endless[16:]
    assert inner_at(frame(outer, endless), "gtpu") is None
    assert inner_at(frame(outer, gtpu(255, 1, b"\x45" + bytes(19), qfi=9)), "gtpu") == 14 + 20 + 8 + 16


@pytest.mark.parametrize(
    ("tunnel", "said"),
    [
        ([], "a mapping"),
        ({"kind": "gre"}, "it needs `local`"),
        ({"kind": "gre", "local": "1.2.3.4", "peers": "10.0.0.0/8", "side": "inside"}, "none of gtpu, vxlan"),
        ({"kind": "gtpu", "locl": 1}, "no 'locl'"),
        ({"kind": "vxlan", "local": "1.2.3.4", "peers": "10.0.0.0/8", "side": "inside", "messages": 0.1}, "GTP-U's"),
    ],
)
def test_mistakes_in_a_description(tunnel: object, said: str) -> None:
    with pytest.raises(UserError) as caught:
        generate_spec({"tunnel": tunnel})
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "C0510" and said in diagnostic.message


def test_trouble_comes_in_tunnels_too() -> None:
    """Of upf's verification: user packets in tunnels, odd ones inside and around, messages, and plain answers."""
    nf = find_spec("upf")
    program = build_program(nf)
    spec = generate_spec(nf.traffic.generate)
    store: Store = fresh_store(nf, program)
    rules = PortRules(nf.inside_port, nf.outside_port, tunnel=nf.traffic.tunnel)
    carried = messages = 0
    for packet in EdgePackets(program, rules, spec, store=store, count=1500):
        if packet.port == rules.inside_port:
            carried += inner_at(packet.data, "gtpu") is not None
            key = parse_headers(packet.data).key
            messages += key is not None and key.dport == 2152 and inner_at(packet.data, "gtpu") is None
    assert carried > 300 and messages > 15
