"""Flow keys, rewriting and checksums, with scapy as the second opinion."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scapy.layers.inet import ICMP, IP, TCP, UDP, IPerror, TCPerror, UDPerror
from scapy.layers.inet6 import (
    ICMPv6DestUnreach,
    ICMPv6EchoRequest,
    IPerror6,
    IPv6,
    IPv6ExtHdrFragment,
    IPv6ExtHdrHopByHop,
)
from scapy.layers.l2 import ARP, Dot1Q, Ether
from scapy.packet import Packet

from cora.traffic.checksum import change, checksum, updated
from cora.traffic.headers import FlowKey, parse_headers, rewrite

A, B = int(ipaddress.ip_address("10.0.0.1")), int(ipaddress.ip_address("192.0.2.9"))
A6, B6 = int(ipaddress.ip_address("fd00::1")), int(ipaddress.ip_address("2001:db8::9"))
V4 = {"src": "10.0.0.1", "dst": "192.0.2.9"}
V6 = {"src": "fd00::1", "dst": "2001:db8::9"}
TO_A = {"dst": "fd00::1"}
MACS = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")


def valid(data: bytes) -> bool:
    """Whether all checksums are those that scapy computes, in a frame without quoted packets."""
    packet = Ether(data)
    fresh = Ether(data)
    for layer in (IP, TCP, UDP, ICMP):
        if layer in fresh:
            del fresh[layer].chksum
    for name in ("ICMPv6EchoRequest", "ICMPv6DestUnreach"):
        if name in fresh:
            del fresh[name].cksum
    return bytes(fresh) == bytes(packet)


KEYS = [
    (MACS / IP(**V4) / TCP(sport=1000, dport=80) / b"x", FlowKey(4, 6, A, B, 1000, 80)),
    (MACS / IP(**V4) / UDP(sport=1000, dport=53) / b"xyz", FlowKey(4, 17, A, B, 1000, 53)),
    (MACS / IP(**V4, options=b"\x01" * 8) / UDP(sport=7, dport=8), FlowKey(4, 17, A, B, 7, 8)),
    (MACS / Dot1Q(vlan=5) / Dot1Q(vlan=6) / IP(**V4) / UDP(sport=7, dport=8), FlowKey(4, 17, A, B, 7, 8)),
    (MACS / IP(**V4) / ICMP(id=77) / b"ping", FlowKey(4, 1, A, B, 77, 77)),
    (MACS / IPv6(**V6) / TCP(sport=1000, dport=80) / b"x", FlowKey(6, 6, A6, B6, 1000, 80)),
    (MACS / IPv6(**V6) / ICMPv6EchoRequest(id=3), FlowKey(6, 58, A6, B6, 3, 3)),
    (MACS / IPv6(**V6) / IPv6ExtHdrHopByHop() / UDP(sport=1, dport=2), FlowKey(6, 17, A6, B6, 1, 2)),
    (MACS / IPv6(**V6) / IPv6ExtHdrFragment(id=9, m=1) / UDP(sport=1, dport=2), FlowKey(6, 17, A6, B6, 1, 2)),
    (MACS / IP(**V4, proto=47) / b"gre?", FlowKey(4, 47, A, B, 0, 0)),
]


@pytest.mark.parametrize(("packet", "key"), KEYS)
def test_keys(packet: Packet, key: FlowKey) -> None:
    assert parse_headers(bytes(packet)).key == key


@pytest.mark.parametrize(("packet", "key"), KEYS)
def test_rewriting_keeps_checksums_right(packet: Packet, key: FlowKey) -> None:
    new = key._replace(src=key.src + 0x01020304, dst=key.dst ^ 0xFFFF, sport=key.sport and 0xFFFE, dport=0xFFFE)
    if key.protocol in (1, 58):
        new = new._replace(dport=new.sport)
    if key.protocol == 47:
        new = new._replace(sport=0, dport=0)
    data = bytes(packet)
    made = rewrite(data, parse_headers(data), new)
    assert parse_headers(made).key == new
    assert valid(made)
    assert rewrite(made, parse_headers(made), key) == data


def test_arp_has_no_key() -> None:
    headers = parse_headers(bytes(MACS / ARP()))
    assert (headers.key, headers.ethertype) == (None, 0x0806)


def test_fragments() -> None:
    first = parse_headers(bytes(MACS / IP(**V4, flags="MF", id=5) / UDP(sport=7, dport=8) / b"12345678"))
    later = parse_headers(bytes(MACS / IP(**V4, frag=2, id=5, proto=17) / b"12345678"))
    assert first.fragment == (5, 0)
    assert later.fragment == (5, 16)
    assert later.is_later_fragment
    assert later.key == FlowKey(4, 17, A, B, 0, 0)
    assert later.ports == -1


def test_a_udp_checksum_of_zero_stays() -> None:
    data = bytes(MACS / IP(**V4) / UDP(sport=1, dport=2, chksum=0))
    made = rewrite(data, parse_headers(data), FlowKey(4, 17, B, A, 9, 9))
    assert Ether(made)[UDP].chksum == 0


@pytest.mark.parametrize(
    "error",
    [
        MACS / IP(src="192.0.2.1", dst="10.0.0.1") / ICMP(type=3, code=3) / IPerror(**V4) / UDPerror(sport=7, dport=8),
        MACS / IP(src="192.0.2.1", dst="10.0.0.1") / ICMP(type=11) / IPerror(**V4) / TCPerror(sport=7, dport=8),
        MACS / IPv6(src="2001:db8::1", **TO_A) / ICMPv6DestUnreach() / IPerror6(**V6) / UDPerror(dport=8, sport=7),
    ],
)  # fmt: skip
def test_errors_quote_a_flow(error: Packet) -> None:
    data = bytes(error)
    headers = parse_headers(data)
    assert headers.inner is not None and headers.inner.key is not None and headers.key is not None
    inner = headers.inner.key
    assert headers.flow == inner
    assert inner[1:2] + inner[4:] in ((17, 7, 8), (6, 7, 8))
    new = inner._replace(src=inner.src + 9, sport=4242)
    made = rewrite(data, headers, headers.key._replace(dst=headers.key.dst + 9), new)
    again = parse_headers(made)
    assert again.inner is not None and again.inner.key == new
    assert valid(made)
    start = headers.inner.l3
    if inner.version == 4:
        assert checksum(made[start : start + 20]) == 0


@settings(deadline=None)
@given(st.binary(min_size=2, max_size=40).filter(lambda b: len(b) % 2 == 0), st.data())
def test_incremental_update_is_the_checksum_of_the_result(data: bytes, draw: st.DataObject) -> None:
    at = 2 * draw.draw(st.integers(0, len(data) // 2 - 1))
    new = draw.draw(st.binary(min_size=1, max_size=len(data) - at))
    made = data[:at] + new + data[at + len(new) :]
    check = updated(checksum(data), change(data[at : at + len(new)], new))
    # The two zeros of ones' complement are one value; data that are all zeros have only the one.
    assert check % 0xFFFF == checksum(made) % 0xFFFF


@settings(deadline=None, max_examples=300)
@given(st.sampled_from([bytes(p) for p, _ in KEYS]), st.integers(0, 90), st.binary(max_size=6), st.integers(0, 8))
def test_odd_frames_are_parsed_and_rewritten_quietly(frame: bytes, place: int, odd: bytes, cut: int) -> None:
    data = (frame[:place] + odd + frame[place + len(odd) :])[: len(frame) - cut]
    headers = parse_headers(data)
    if headers.key is not None:
        made = rewrite(data, headers, headers.key._replace(src=1, dst=2))
        assert len(made) == len(data)
        key = parse_headers(made).key
        assert key is not None and (key.src, key.dst) == (1, 2)
