"""Makes frames odd in the ways that parsers get wrong: cut, tagged, fragmented, with options, with extreme fields."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable
from dataclasses import replace

from cora.traffic.checksum import checksum
from cora.traffic.headers import ICMP, ICMPV6, FlowKey, Headers, parse_headers
from cora.traffic.wire import Extras, ethernet, frame, ip_packet, transport

MIN_FRAME = 14
"""What the kernel accepts as a frame: an Ethernet header."""

_ETHERTYPES = (0x0000, 0x05FF, 0x0600, 0x0806, 0x0801, 0x8847, 0x86DC, 0x88B5, 0x88CC, 0xFFFF)
_VLANS = (0, 1, 4095, 0x2001, 0xFFFF)
_OPTIONS = (b"\x01" * 4, b"\x94\x04\0\0", b"\x07\x27\x04" + b"\0" * 37, b"\0" * 4)
_EXTENSION_HEADERS = (0, 43, 60, 44, 51, 59)

Mutation = Callable[[random.Random, FlowKey, bytes], bytes]


def mutate(rng: random.Random, key: FlowKey, data: bytes) -> bytes:
    """One odd variant of the frame `data` of the flow `key`, of at least `MIN_FRAME` bytes."""
    made = rng.choice(_MUTATIONS)(rng, key, data)
    return made.ljust(MIN_FRAME, b"\0")


def boundaries(data: bytes) -> list[int]:
    """Where the headers of a frame begin and end, bytes from its start; with those of a packet quoted in it."""
    headers: Headers | None = parse_headers(data)
    cuts = {MIN_FRAME, len(data)}
    while headers is not None:
        layer3 = 40 if headers.ethertype == 0x86DD else 20
        cuts |= {headers.l3, headers.l3 + layer3}
        if headers.l4 >= 0:
            cuts |= {headers.l4 + size for size in (0, 2, 4, 8, 12, 20)}
        headers = headers.inner
    return sorted(cut for cut in cuts if MIN_FRAME <= cut <= len(data))


def _cut(rng: random.Random, key: FlowKey, data: bytes) -> bytes:
    return data[: rng.choice(boundaries(data)) + rng.choice((-1, 0, 0, 1))]


def _tag(rng: random.Random, key: FlowKey, data: bytes) -> bytes:
    tag = struct.pack(">HH", rng.choice((0x8100, 0x8100, 0x88A8)), rng.choice(_VLANS))
    return data[:12] + tag * rng.choice((1, 1, 2)) + data[12:]


def _ethertype(rng: random.Random, key: FlowKey, data: bytes) -> bytes:
    return data[:12] + rng.choice(_ETHERTYPES).to_bytes(2, "big") + data[14:]


def _options(rng: random.Random, key: FlowKey, data: bytes) -> bytes:
    extras = Extras(flags=rng.choice((2, 16, 17)), ip_options=rng.choice(_OPTIONS) if key.version == 4 else b"")
    if key.version == 4:
        return frame(key, b"options", extras)
    kind = rng.choice(_EXTENSION_HEADERS)
    extension = struct.pack(">BBHI", key.protocol, 0, 0, rng.choice((0, 1, 0xFFFFFFFF)))
    return ethernet(key, ip_packet(key._replace(protocol=kind), extension + transport(key, b"", extras)))


def _fragment(rng: random.Random, key: FlowKey, data: bytes) -> bytes:
    """A first, middle or last fragment; IPv6 by its extension header."""
    extras = Extras(ident=rng.randrange(4))
    segment = transport(key, bytes(rng.randrange(64)), extras)
    more, offset = rng.choice(((1, 0), (1, 0), (1, 3), (0, 3), (0, 8191)))
    if offset:
        segment = segment[8:]
    if key.version == 6:
        header = struct.pack(">BBHI", key.protocol, 0, offset << 3 | more, extras.ident)
        return ethernet(key, ip_packet(key._replace(protocol=44), header + segment))
    return ethernet(key, ip_packet(key, segment, extras, more << 13 | offset))


def _ip_field(rng: random.Random, key: FlowKey, data: bytes) -> bytes:
    """Sets a byte of the IP header to an end of its range; half of the IPv4 headers get a right checksum again."""
    l3 = parse_headers(data).l3
    size = 20 if key.version == 4 else 40
    if len(data) < l3 + size:
        return data
    made = bytearray(data)
    made[l3 + rng.randrange(size)] = rng.choice((0, 1, 0x3F, 0x45, 0x4F, 0x60, 0x7F, 0x80, 0xFF))
    if key.version == 4 and rng.random() < 0.5:
        made[l3 + 10 : l3 + 12] = b"\0\0"
        made[l3 + 10 : l3 + 12] = checksum(made[l3 : l3 + 20]).to_bytes(2, "big")
    return bytes(made)


def _transport_field(rng: random.Random, key: FlowKey, data: bytes) -> bytes:
    l4 = parse_headers(data).l4
    if not 0 <= l4 < len(data):
        return data
    made = bytearray(data)
    made[l4 + rng.randrange(min(20, len(data) - l4))] = rng.choice((0, 1, 0x7F, 0x80, 0xFF))
    return bytes(made)


def _time_to_live(rng: random.Random, key: FlowKey, data: bytes) -> bytes:
    return frame(key, b"ttl", Extras(ttl=rng.choice((0, 1, 2, 255)), flags=rng.choice((2, 16))))


def _no_udp_checksum(rng: random.Random, key: FlowKey, data: bytes) -> bytes:
    return frame(replace_protocol(key, 17), bytes(rng.randrange(20)), Extras(udp_checksum=False))


def _other_protocol(rng: random.Random, key: FlowKey, data: bytes) -> bytes:
    return frame(replace_protocol(key, rng.choice((0, 2, 41, 47, 50, 132, 255))), bytes(rng.randrange(40)))


def _broadcast(rng: random.Random, key: FlowKey, data: bytes) -> bytes:
    return rng.choice((b"\xff" * 6, b"\x01\0\x5e\0\0\x01", b"\0" * 6)) + data[6:]


def _longest(rng: random.Random, key: FlowKey, data: bytes) -> bytes:
    size = rng.choice((60, 1513, 1514))
    return data[:size].ljust(size, b"\xff")


def _noise(rng: random.Random, key: FlowKey, data: bytes) -> bytes:
    return rng.randbytes(rng.randrange(MIN_FRAME, 80))


def replace_protocol(key: FlowKey, protocol: int) -> FlowKey:
    """The key with another protocol; ICMP gets the number of its IP version."""
    if protocol in (ICMP, ICMPV6):
        protocol = ICMP if key.version == 4 else ICMPV6
    return key._replace(protocol=protocol)


def with_flags(extras: Extras, rng: random.Random) -> Extras:
    """The extras with TCP flags as they come, and some that should not."""
    return replace(extras, flags=rng.choice((16, 16, 24, 24, 2, 2, 18, 17, 4, 20, 0, 1, 41, 63, 194)))


_MUTATIONS: tuple[Mutation, ...] = (
    _cut, _cut, _cut, _tag, _ethertype, _options, _fragment, _fragment, _ip_field, _transport_field,
    _time_to_live, _no_udp_checksum, _other_protocol, _broadcast, _longest, _noise,
)  # fmt: skip
"""Cuts and fragments twice or more: they have the most variants."""
