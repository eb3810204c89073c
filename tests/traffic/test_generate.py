"""The generator: the same spec gives the same frames, all of them valid, with all that the spec asks for."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.l2 import Ether

from cora.diagnostics import UserError, render
from cora.traffic.generate import generate
from cora.traffic.generate_spec import GenerateSpec, generate_spec
from cora.traffic.headers import ACK, FIN, RST, SYN, parse_headers

SPEC = GenerateSpec(packets=3000, flows=60, seed=5, ipv6=0.3, icmp_errors=0.05, unsolicited=0.05)


def test_a_spec_gives_one_traffic() -> None:
    assert generate(SPEC) == generate(SPEC)
    assert generate(SPEC) != generate(replace(SPEC, seed=6))
    assert len(generate(SPEC).frames) == 3000


def test_all_checksums_are_right() -> None:
    for frame in generate(replace(SPEC, packets=600)).frames:
        packet = Ether(frame.data)
        for layer in (IP, TCP, UDP, ICMP):
            if layer in packet:
                del packet[layer].chksum
        for name in ("ICMPv6EchoRequest", "ICMPv6EchoReply", "ICMPv6DestUnreach"):
            if name in packet:
                del packet[name].cksum
        # A quoted packet is cut, so its checksum can't be computed again: scapy keeps what is there.
        assert bytes(packet) == frame.data


def test_the_traffic_has_what_was_asked_for() -> None:
    frames = generate(SPEC).frames
    headers = [parse_headers(f.data) for f in frames]
    flags = Counter(h.tcp_flags for h in headers if h.key and h.key.protocol == 6)
    for wanted in (SYN, SYN | ACK, FIN | ACK, RST | ACK):
        assert flags[wanted] > 5
    assert {h.key.protocol for h in headers if h.key} == {1, 6, 17, 58}
    assert {h.icmp_type for h in headers} >= {0, 8, 128, 129, 3, 1}
    assert sum(h.inner is not None for h in headers) > 50
    assert sorted(f.time_ns for f in frames) == [f.time_ns for f in frames]


def test_connections_come_and_go_and_a_few_are_busy() -> None:
    spec = replace(SPEC, unsolicited=0.0, icmp_errors=0.0)
    flows = Counter(h.flow.connection() for f in generate(spec).frames if (h := parse_headers(f.data)).flow)
    assert len(flows) > 2 * spec.flows
    assert sum(n for _, n in flows.most_common(len(flows) // 10)) > 0.3 * 3000


def test_arrivals_have_the_mean_rate() -> None:
    capture = generate(replace(SPEC, packets=20_000, rate_pps=1e6, flows=10))
    assert 0.95 < 20_000 / (capture.duration_ns / 1e9) / 1e6 < 1.15


def test_an_idle_connection_pauses() -> None:
    spec = GenerateSpec(packets=400, flows=1, rate_pps=100.0, idle=1.0, idle_s=2.0, mix={"udp": 1.0}, unsolicited=0.0)
    frames = generate(spec).frames
    flow = Counter(parse_headers(f.data).flow for f in frames)
    assert len(flow) > 1  # when all sleep, a new connection begins


def test_the_mapping_of_an_nf() -> None:
    spec = generate_spec({"flows": 7, "sizes": {64: 1}, "server_ports": [80], "clients": "10.1.0.0/16"})
    assert (spec.flows, spec.sizes, spec.server_ports, spec.clients) == (7, {64: 1.0}, (80,), "10.1.0.0/16")
    assert spec.packets == GenerateSpec().packets


@pytest.mark.parametrize(
    ("mapping", "expected"),
    [
        (
            {"flow": 7},
            "error[C0510]: nat.yaml: there is no 'flow' in the description of generated traffic\n"
            "  = help: did you mean flows?",
        ),
        ({"zzz": 7}, "the keys are seed, packets, flows"),
        ({"flows": 0}, "nat.yaml: flows: 0 won't do: it must be between 1 and 1e+06\n  = help: the default is 400"),
        ({"flows": True}, "a whole number is expected"),
        ({"ipv6": "no"}, "a number is expected"),
        ({"mix": {"sctp": 1}}, "its keys are tcp, udp and icmp"),
        ({"mix": {"tcp": 0}}, "at least one weight must be above 0"),
        ({"sizes": [64]}, "a mapping to weights is expected"),
        ({"sizes": {20: 1}}, "it must be between 60 and 9018"),
        ({"server_ports": 80}, "a list of ports is expected"),
        ({"clients": "10.0.0.1/8"}, "has host bits set"),
        ({"clients": "fd00::/64"}, "an IPv4 prefix is expected"),
    ],
)  # fmt: skip
def test_a_spec_that_makes_no_sense(mapping: dict[str, object], expected: str) -> None:
    with pytest.raises(UserError) as caught:
        generate_spec(mapping, "nat.yaml")
    assert expected in render(caught.value.diagnostics[0])
