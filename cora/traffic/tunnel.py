"""Tunnels of one side of a network function: GTP-U (3GPP TS 29.281) and VXLAN (RFC 7348), over IPv4 and UDP.

What is generated for such a function is made as plain frames first, and then dressed: encapsulated on the tunnel's
side, with a VLAN tag on the other if the tunnel says so. A packet in a tunnel is known by what it carries.
"""

from __future__ import annotations

import ipaddress
import random
import struct
import zlib
from dataclasses import dataclass
from typing import Literal

from cora.traffic.headers import UDP, FlowKey, Headers, parse_headers, parse_packet
from cora.traffic.wire import VLAN_ETHERTYPE, Extras, ethernet, frame

TunnelKind = Literal["gtpu", "vxlan"]
TUNNEL_KINDS: tuple[TunnelKind, ...] = ("gtpu", "vxlan")
UDP_PORTS: dict[TunnelKind, int] = {"gtpu": 2152, "vxlan": 4789}

_ECHO_REQUEST, _ERROR_INDICATION, _END_MARKER, _USER_PACKET = 1, 26, 254, 255
_PDU_SESSION_CONTAINER = 0x85
_MOST_EXTENSIONS = 8
_MAC_BYTES = 12


@dataclass(frozen=True, slots=True)
class TunnelSpec:
    """The tunnels of generated traffic. A client's tunnel has the number `first_id + n`; n is its place in the prefix
    of clients, modulo `ids`."""

    kind: TunnelKind
    local: str
    """IPv4 address of the function's own end."""
    peers: str
    """IPv4 prefix of the other ends; which one it is follows from the address of the sender inside."""
    side: Literal["inside", "outside"]
    """Whose packets come in tunnels: those of clients, or the answers."""
    first_id: int = 1
    ids: int = 1
    first_vlan: int = 0
    """If not 0, plain frames have a VLAN tag, of number `first_vlan + n`."""
    extended: float = 0.5
    """Of GTP-U: the share of packets with a PDU session container."""
    qfi: int = 9
    """Of GTP-U: the QoS flow that the container names."""
    messages: float = 0.0
    """Of GTP-U: echo requests of peers, a data packet."""


class Tunnel:
    """Dresses plain frames as a function with such tunnels gets them, and undresses what it sends."""

    def __init__(self, spec: TunnelSpec, clients: str, clients6: str) -> None:
        self.spec = spec
        self.local = int(ipaddress.IPv4Address(spec.local))
        self.peers = ipaddress.IPv4Network(spec.peers)
        self.first = {
            4: int(ipaddress.ip_network(clients).network_address),
            6: int(ipaddress.ip_network(clients6).network_address),
        }

    def dress(self, key: FlowKey, data: bytes, inside: bool, rng: random.Random) -> bytes:
        """The plain frame of a flow as it comes in on the inside or the outside."""
        client = key.src if inside else key.dst
        number = (client - self.first[key.version]) % self.spec.ids
        if inside != (self.spec.side == "inside"):
            return tagged(data, self.spec.first_vlan + number) if self.spec.first_vlan else data
        tunnel_id = self.spec.first_id + number
        if self.spec.kind == "gtpu":
            extended = rng.random() < self.spec.extended
            payload = gtpu(_USER_PACKET, tunnel_id, packet_of(data), qfi=self.spec.qfi if extended else None)
        else:
            payload = struct.pack(">II", 8 << 24, tunnel_id << 8) + data
        return self._around(self._peer(key.src), payload, 0xC000 | zlib.crc32(repr(key).encode()) & 0x3FFF)

    def message(self, rng: random.Random, kinds: tuple[int, ...] = (_ECHO_REQUEST,)) -> tuple[FlowKey, bytes]:
        """A message of a peer about the tunnels themselves (GTP-U only), with the flow that carries it."""
        peer, kind = self._peer(rng.randrange(1 << 16)), rng.choice(kinds)
        tunnel_id = self.spec.first_id + rng.randrange(self.spec.ids)
        rest = b"\x10" + tunnel_id.to_bytes(4, "big") if kind == _ERROR_INDICATION else b""
        made = gtpu(kind, tunnel_id if kind == _END_MARKER else 0, rest, sequence=rng.randrange(1 << 16))
        key = FlowKey(4, UDP, peer, self.local, UDP_PORTS["gtpu"], UDP_PORTS["gtpu"])
        return key, self._around(peer, made, key.sport)

    @property
    def has_messages(self) -> bool:
        return self.spec.kind == "gtpu"

    def undress(self, data: bytes) -> bytes:
        """The plain frame that a frame carries; a frame that is in no tunnel as it is."""
        at = inner_at(data, self.spec.kind)
        if at is None:
            return data
        if self.spec.kind == "vxlan":
            return data[at:]
        key = parse_packet(data, at).key
        return data if key is None else ethernet(key, data[at:])

    def _peer(self, address: int) -> int:
        usable = max(1, self.peers.num_addresses - 2)
        return int(self.peers.network_address) + (1 + address % usable) % self.peers.num_addresses

    def _around(self, peer: int, payload: bytes, sport: int) -> bytes:
        key = FlowKey(4, UDP, peer, self.local, sport, UDP_PORTS[self.spec.kind])
        return frame(key, payload, Extras(udp_checksum=False))


ALL_MESSAGES = (_ECHO_REQUEST, _ERROR_INDICATION, _END_MARKER)


def gtpu(kind: int, teid: int, payload: bytes, *, sequence: int | None = None, qfi: int | None = None) -> bytes:
    """A GTP-U message. With `qfi` it has the PDU session container of an uplink packet (TS 38.415)."""
    flags, optional = 0x30, b""
    if sequence is not None or qfi is not None:
        flags |= (0x02 if sequence is not None else 0) | (0x04 if qfi is not None else 0)
        optional = struct.pack(">HBB", sequence or 0, 0, _PDU_SESSION_CONTAINER if qfi is not None else 0)
    if qfi is not None:
        optional += bytes((1, 0x10, qfi & 0x3F, 0))
    return struct.pack(">BBHI", flags, kind, len(optional) + len(payload), teid) + optional + payload


def inner_at(data: bytes, kind: TunnelKind) -> int | None:
    """Where in a frame the packet (of GTP-U) or frame (of VXLAN) that it carries begins; None if it carries none."""
    return _carried(data, parse_headers(data), kind)


def _carried(data: bytes, headers: Headers, kind: TunnelKind) -> int | None:
    key = headers.key
    if key is None or key.dport != UDP_PORTS[kind] or key.protocol != UDP or headers.fragment is not None:
        return None
    at = headers.l4 + 8
    if len(data) < at + 8:
        return None
    if kind == "vxlan":
        return at + 8 if data[at] & 8 and len(data) >= at + 22 else None
    return _behind_gtpu(data, at)


def _behind_gtpu(data: bytes, at: int) -> int | None:
    flags, kind = data[at], data[at + 1]
    if flags >> 4 != 3 or kind != _USER_PACKET:
        return None
    at += 8
    if flags & 7:
        if len(data) < at + 4:
            return None
        following = data[at + 3] if flags & 4 else 0
        at += 4
        for _ in range(_MOST_EXTENSIONS):
            if not following:
                break
            size = data[at] * 4 if at < len(data) else 0
            if not size or len(data) < at + size:
                return None
            following = data[at + size - 1]
            at += size
        if following:
            return None
    return at if at < len(data) else None


def parse_through(data: bytes, kind: TunnelKind | None) -> Headers:
    """The headers of what a frame carries in a tunnel of this kind, with their places in the frame; those of the frame
    itself if it carries nothing."""
    headers = parse_headers(data)
    at = _carried(data, headers, kind) if kind is not None else None
    if at is None:
        return headers
    return parse_packet(data, at) if kind == "gtpu" else parse_headers(data, at)


def packet_of(data: bytes) -> bytes:
    """The IP packet of a frame, without padding if its header tells its length."""
    headers = parse_headers(data)
    packet = data[headers.l3 :]
    if headers.key is None:
        return packet
    size = struct.unpack_from(">H", packet, 2)[0] if headers.key.version == 4 else 0
    if headers.key.version == 6:
        size = 40 + struct.unpack_from(">H", packet, 4)[0]
    return packet[:size] if 20 <= size <= len(packet) else packet


def tagged(data: bytes, vlan: int) -> bytes:
    """The frame with a VLAN tag behind its addresses."""
    return data[:_MAC_BYTES] + struct.pack(">HH", VLAN_ETHERTYPE, vlan & 0xFFF) + data[_MAC_BYTES:]
