"""The traffic that the bundled network functions describe, and the real trace on the tiny NAT."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address, ip_network
from pathlib import Path

import pytest

from cora.ir.interp import Sent
from cora.ir.nodes import Program
from cora.ir.store import Store
from cora.nf.spec import bundled_names, load_nf
from cora.traffic.assign import PortAssigner, PortRules, port_rules
from cora.traffic.generate import generate
from cora.traffic.generate_spec import generate_spec
from cora.traffic.headers import parse_headers
from cora.traffic.pcap import read_capture
from cora.traffic.replay import replay
from cora.traffic.tunnel import UDP_PORTS, parse_through

TRACE = Path(__file__).parents[3] / "shared/traces/mixed.pcap.xz"
needs_trace = pytest.mark.skipif(not TRACE.is_file(), reason=f"there is no {TRACE}")


@pytest.mark.parametrize("name", bundled_names())
def test_bundled_traffic_comes_from_both_sides(name: str) -> None:
    nf = load_nf(name)
    rules = port_rules(nf)
    spec = generate_spec(nf.traffic.generate)
    clients = {4: ip_network(spec.clients), 6: ip_network(spec.clients6)}
    capture = generate(replace(spec, packets=2000))
    assigner = PortAssigner(rules)
    ports = [assigner.assign(frame.data).port for frame in capture.frames]
    assert {rules.inside_port, rules.outside_port} == set(ports)
    assert 0.25 < ports.count(rules.outside_port) / len(ports) < 0.75
    # Clients are inside, whatever the packet: that is what the generator's traffic looks like.
    for frame, port in zip(capture.frames, ports, strict=True):
        key = parse_through(frame.data, nf.traffic.tunnel).key
        assert key is not None
        if rules.tunnel is not None and key.dport == UDP_PORTS[rules.tunnel]:
            continue  # about the tunnels themselves
        source = IPv4Address(key.src) if key.version == 4 else IPv6Address(key.src)
        assert (source in clients[key.version]) == (port == rules.inside_port)


@pytest.mark.shared
@needs_trace
def test_answers_in_the_real_trace_find_their_way(nat: Program) -> None:
    roomy = replace(nat, states=tuple(replace(s, capacity=65_536) if s.kind == "flow_table" else s for s in nat.states))
    capture = read_capture(TRACE)
    got = replay(capture, roomy, Store(roomy), PortRules(1, 2), largest_frame=1514)
    assert (len(got.packets), got.skipped) == (54_767, 0)
    back = 0
    for frame, packet, result in zip(capture.frames, got.packets, got.results, strict=True):
        if packet.port == 2 and isinstance(result, Sent):
            back += 1
            assert parse_headers(result.data).key == parse_headers(frame.data).key
    assert back > 20_000
    assert got.rewritten >= back
