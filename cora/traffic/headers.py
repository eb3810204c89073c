"""A quick look at a frame: which flow it belongs to, and where its addresses, ports and checksums stand.

Knows Ethernet, VLAN tags, IPv4 with options and fragments, IPv6 with extension headers, TCP, UDP, ICMP and ICMPv6 with
the packet that an ICMP error quotes. Everything else is a frame without a flow key. Never raises on odd bytes.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import NamedTuple

from cora.traffic.checksum import change, updated

TCP, UDP, ICMP, ICMPV6 = 6, 17, 1, 58
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16

_VLAN_TYPES = frozenset({0x8100, 0x88A8, 0x9100})
_EXTENSIONS = frozenset({0, 43, 51, 60, 135})
_FRAGMENT = 44
_ECHO = {ICMP: (8, 0), ICMPV6: (128, 129)}
_ERRORS = {ICMP: frozenset({3, 4, 5, 11, 12}), ICMPV6: frozenset({1, 2, 3, 4})}


class FlowKey(NamedTuple):
    """A 5-tuple, IP version first. An ICMP echo has its identifier for both ports, other ICMP has 0."""

    version: int
    protocol: int
    src: int
    dst: int
    sport: int
    dport: int

    def reversed(self) -> FlowKey:
        """The key of an answer."""
        return FlowKey(self.version, self.protocol, self.dst, self.src, self.dport, self.sport)

    def connection(self) -> FlowKey:
        """The same key for both directions."""
        return self if (self.src, self.sport) <= (self.dst, self.dport) else self.reversed()


@dataclass(frozen=True, slots=True)
class Headers:
    """Offsets are bytes from the start of the frame; -1 where there is no such field in the captured bytes."""

    ethertype: int
    l3: int
    key: FlowKey | None = None
    """None if the frame is not IP or its IP header is cut. Ports are 0 when they are unknown (see `ports`)."""
    l4: int = -1
    """Where the layer-4 header begins; -1 for a later fragment or if it is cut off."""
    ports: int = -1
    """Where the port pair (or the one identifier of an ICMP echo) stands."""
    l4_checksum: int = -1
    icmp_type: int = -1
    tcp_flags: int = 0
    fragment: tuple[int, int] | None = None
    """(identification, offset in bytes) of an IP fragment."""
    inner: Headers | None = None
    """The packet quoted by an ICMP error."""

    @property
    def is_later_fragment(self) -> bool:
        return self.fragment is not None and self.fragment[1] > 0

    @property
    def flow(self) -> FlowKey | None:
        """The flow that the frame is about: its own, or for an ICMP error that of the packet quoted."""
        return self.inner.key if self.inner is not None else self.key


_U16 = struct.Struct(">H")
_IPV4 = struct.Struct(">BBHHHBBHII")


def parse_headers(data: bytes, begin: int = 0) -> Headers:
    """Where everything is in an Ethernet frame, which begins at byte `begin` of `data`."""
    offset = begin + 12
    ethertype = -1
    while offset + 2 <= len(data):
        (ethertype,) = _U16.unpack_from(data, offset)
        offset += 2
        if ethertype not in _VLAN_TYPES:
            break
        offset += 2
    return _network(data, ethertype, offset, quoted=False)


def parse_packet(data: bytes, l3: int) -> Headers:
    """Where everything is in an IP packet that begins at byte `l3` of `data`."""
    version = data[l3] >> 4 if l3 < len(data) else 0
    return _network(data, {4: 0x0800, 6: 0x86DD}.get(version, -1), l3, quoted=False)


def _network(data: bytes, ethertype: int, l3: int, *, quoted: bool) -> Headers:
    if ethertype == 0x0800:
        return _ipv4(data, l3, quoted)
    if ethertype == 0x86DD:
        return _ipv6(data, l3, quoted)
    return Headers(ethertype, l3)


def _ipv4(data: bytes, l3: int, quoted: bool) -> Headers:
    if len(data) < l3 + 20:
        return Headers(0x0800, l3)
    first, _, _, ident, frag, _, protocol, _, src, dst = _IPV4.unpack_from(data, l3)
    header = (first & 15) * 4
    if first >> 4 != 4 or header < 20:
        return Headers(0x0800, l3)
    fragment = (ident, (frag & 0x1FFF) * 8) if frag & 0x3FFF else None
    return _transport(data, 0x0800, l3, l3 + header, FlowKey(4, protocol, src, dst, 0, 0), fragment, quoted)


def _ipv6(data: bytes, l3: int, quoted: bool) -> Headers:
    if len(data) < l3 + 40 or data[l3] >> 4 != 6:
        return Headers(0x86DD, l3)
    protocol, at = data[l3 + 6], l3 + 40
    src = int.from_bytes(data[l3 + 8 : l3 + 24], "big")
    dst = int.from_bytes(data[l3 + 24 : l3 + 40], "big")
    fragment = None
    while protocol in _EXTENSIONS or protocol == _FRAGMENT:
        if len(data) < at + 8:
            break
        if protocol == _FRAGMENT:
            _, _, place, ident = struct.unpack_from(">BBHI", data, at)
            fragment = (ident, place & 0xFFF8)
            step = 8
        else:
            step = (data[at + 1] + 2) * 4 if protocol == 51 else (data[at + 1] + 1) * 8
        protocol = data[at]
        at += step
        if fragment is not None and fragment[1]:
            break
    return _transport(data, 0x86DD, l3, at, FlowKey(6, protocol, src, dst, 0, 0), fragment, quoted)


def _transport(
    data: bytes, ethertype: int, l3: int, l4: int, key: FlowKey, fragment: tuple[int, int] | None, quoted: bool
) -> Headers:
    room = len(data) - l4
    if room <= 0 or (fragment is not None and fragment[1] > 0):
        return Headers(ethertype, l3, key, fragment=fragment)
    version, protocol, src, dst, _, _ = key
    if protocol in (TCP, UDP):
        if room < 4:
            return Headers(ethertype, l3, key, l4, fragment=fragment)
        sport, dport = struct.unpack_from(">HH", data, l4)
        key = FlowKey(version, protocol, src, dst, sport, dport)
        check = l4 + (16 if protocol == TCP else 6)
        flags = data[l4 + 13] if protocol == TCP and room >= 14 else 0
        return Headers(ethertype, l3, key, l4, l4, check if check + 2 <= len(data) else -1, -1, flags, fragment)
    if protocol == (ICMP if version == 4 else ICMPV6):
        return _icmp(data, ethertype, l3, l4, key, fragment, quoted)
    return Headers(ethertype, l3, key, l4, fragment=fragment)


def _icmp(
    data: bytes, ethertype: int, l3: int, l4: int, key: FlowKey, fragment: tuple[int, int] | None, quoted: bool
) -> Headers:
    check = l4 + 2 if l4 + 4 <= len(data) else -1
    kind = data[l4]
    if kind in _ECHO[key.protocol] and l4 + 6 <= len(data):
        (ident,) = _U16.unpack_from(data, l4 + 4)
        key = key._replace(sport=ident, dport=ident)
        return Headers(ethertype, l3, key, l4, l4 + 4, check, kind, 0, fragment)
    inner = None
    if kind in _ERRORS[key.protocol] and not quoted:
        inner = _network(data, ethertype, l4 + 8, quoted=True)
        inner = inner if inner.key is not None else None
    return Headers(ethertype, l3, key, l4, -1, check, kind, 0, fragment, inner)


# ---------------------------------------------------------------- rewriting


def rewrite(data: bytes, headers: Headers, key: FlowKey, inner_key: FlowKey | None = None) -> bytes:
    """The frame with the addresses and ports of `key` (and, in the packet that an ICMP error quotes, of `inner_key`).

    Checksums are updated incrementally, so that a wrong one stays wrong by as much; a UDP checksum of 0 over IPv4
    stays 0. Fields that the frame doesn't have (cut off, later fragments) are left alone. `key` has the frame's IP
    version.
    """
    frame = bytearray(data)
    if headers.inner is not None and inner_key is not None:
        _add_to_checksum(frame, headers.l4_checksum, _rewrite_packet(frame, headers.inner, inner_key))
    _rewrite_packet(frame, headers, key)
    return bytes(frame)


def _rewrite_packet(frame: bytearray, headers: Headers, key: FlowKey) -> int:
    """Changes one IP packet in place; returns what all its changes add to a checksum that covers it."""
    if headers.key is None:
        return 0
    size, at = (4, headers.l3 + 12) if headers.key.version == 4 else (16, headers.l3 + 8)
    addresses = key.src.to_bytes(size, "big") + key.dst.to_bytes(size, "big")
    delta_addresses = _put(frame, at, addresses)
    total = delta_addresses
    if size == 4:
        total += _add_to_checksum(frame, headers.l3 + 10, delta_addresses)
    delta_ports = _put_ports(frame, headers, key)
    total += delta_ports
    if headers.l4_checksum >= 0:
        protocol = headers.key.protocol
        if protocol == ICMP:
            total += _add_to_checksum(frame, headers.l4_checksum, delta_ports)
        else:
            delta = delta_ports + delta_addresses
            total += _add_to_checksum(frame, headers.l4_checksum, delta, udp=protocol == UDP)
    return total


def _put_ports(frame: bytearray, headers: Headers, key: FlowKey) -> int:
    if headers.ports < 0:
        return 0
    if key.protocol in (ICMP, ICMPV6):
        return _put(frame, headers.ports, key.sport.to_bytes(2, "big"))
    return _put(frame, headers.ports, struct.pack(">HH", key.sport, key.dport))


def _put(frame: bytearray, at: int, new: bytes) -> int:
    old = bytes(frame[at : at + len(new)])
    if old == new:
        return 0
    frame[at : at + len(new)] = new
    return change(old, new)


def _add_to_checksum(frame: bytearray, at: int, delta: int, *, udp: bool = False) -> int:
    """Adds `delta` to the checksum at `at`; returns what the change of the checksum field itself adds to others."""
    if at < 0 or not delta:
        return 0
    (old,) = _U16.unpack_from(frame, at)
    if udp and old == 0:
        return 0
    new = updated(old, delta)
    return _put(frame, at, _U16.pack(new or 0xFFFF if udp else new))
