"""Counting the edges that a verification requires."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from scapy.layers.inet import ICMP, IP, UDP
from scapy.layers.inet6 import ICMPv6DestUnreach, ICMPv6EchoRequest, IPv6
from scapy.layers.l2 import Ether

from cora.ir.packets import TracedAccess
from cora.nf.edges import EdgeTally, is_icmp_error
from cora.nf.spec import Edge, NfSpec, Port, TrafficSpec

MACS = {"src": "02:00:00:00:00:01", "dst": "02:00:00:00:00:02"}
PLAIN = bytes(Ether(**MACS) / IP() / UDP())
ERROR = bytes(Ether(**MACS) / IP() / ICMP(type=3))


def spec(*edges: Edge) -> NfSpec:
    here = Path(__file__)
    ports = (Port("inside", 1, "host"), Port("outside", 0, "net"))
    return NfSpec("demo", "", here, here, None, (), ports, (), {}, TrafficSpec(), edges)


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        (IP() / ICMP(type=11), True),
        (IP(options=[b"\x01\x01\x01\x00"]) / ICMP(type=3), True),
        (IP() / ICMP(type=8), False),
        (IP() / UDP(), False),
        (IPv6() / ICMPv6DestUnreach(), True),
        (IPv6() / ICMPv6EchoRequest(), False),
    ],
)
def test_icmp_errors_are_recognised(layers: IP | IPv6, expected: bool) -> None:
    assert is_icmp_error(bytes(Ether(**MACS) / layers)) is expected


@pytest.mark.parametrize("length", [0, 13, 20, 34])
def test_short_frames_are_no_errors(length: int) -> None:
    assert not is_icmp_error(ERROR[:length])


def test_conditions() -> None:
    hit = Edge("hit", "flows", "lookup", hit=True)
    edges = (
        hit,
        replace(hit, name="miss", hit=False),
        replace(hit, name="from outside", port="outside"),
        replace(hit, name="about an error", icmp_error=True),
        Edge("full", "drops", "count", index=3),
    )
    tally = EdgeTally(spec(*edges))
    tally.observe(PLAIN, 1, [TracedAccess("flows", "lookup", (1,), False), TracedAccess("drops", "count", (3,), True)])
    tally.observe(PLAIN, 1, [TracedAccess("flows", "lookup", (1,), True), TracedAccess("drops", "count", (4,), True)])
    tally.observe(ERROR, 0, [TracedAccess("flows", "lookup", (1,), True), TracedAccess("flows", "lookup", (2,), True)])
    assert tally.packets == {"hit": 2, "miss": 1, "from outside": 1, "about an error": 1, "full": 1}
    assert tally.missing() == ()


def test_an_expired_entry_is_one_that_was_there() -> None:
    tally = EdgeTally(spec(Edge("expired", "flows", "lookup", expired=True)))
    miss = TracedAccess("flows", "lookup", (1,), False)
    tally.observe(PLAIN, 1, [miss, TracedAccess("flows", "insert", (1,), False)])
    tally.observe(PLAIN, 1, [miss, TracedAccess("flows", "insert", (1,), True)])
    tally.observe(PLAIN, 1, [TracedAccess("flows", "lookup", (1,), True)])
    assert tally.missing() == ("expired",)
    tally.observe(PLAIN, 1, [TracedAccess("flows", "lookup", (2,), False)])
    assert tally.missing() == ("expired",)
    tally.observe(PLAIN, 1, [miss])
    assert tally.packets == {"expired": 1}
