"""Builds frames with correct lengths and checksums: Ethernet, VLAN, IPv4, IPv6, TCP, UDP, ICMP and ICMPv6."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from cora.traffic.checksum import checksum, pseudo_header_sum
from cora.traffic.headers import ACK, ICMP, ICMPV6, TCP, UDP, FlowKey

IPV4_ETHERTYPE, IPV6_ETHERTYPE, VLAN_ETHERTYPE = 0x0800, 0x86DD, 0x8100


@dataclass(frozen=True, slots=True)
class Extras:
    """What a packet may have beside its flow and payload."""

    flags: int = ACK
    """Of TCP."""
    seq: int = 0
    """Of TCP, or of an ICMP echo."""
    ack: int = 0
    answer: bool = False
    """An echo reply, not a request."""
    ttl: int = 64
    ident: int = 0
    """IPv4 identification."""
    ip_options: bytes = b""
    """A multiple of 4 bytes, 40 at most."""
    vlan: int | None = None
    udp_checksum: bool = True
    """False: an IPv4 UDP checksum of 0, "not computed"."""


PLAIN = Extras()


def frame(key: FlowKey, payload: bytes = b"", extras: Extras = PLAIN) -> bytes:
    """A whole Ethernet frame of a flow. Protocols without a builder here get `payload` behind their IP header."""
    return ethernet(key, ip_packet(key, transport(key, payload, extras), extras), extras.vlan)


def transport(key: FlowKey, payload: bytes, extras: Extras) -> bytes:
    """The layer-4 header and payload, checksum included."""
    match key.protocol:
        case 6:
            header = struct.pack(
                ">HHIIBBHHH", key.sport, key.dport, extras.seq, extras.ack, 5 << 4, extras.flags, 65_535, 0, 0
            )
            return _with_checksum(key, header + payload, 16)
        case 17:
            segment = struct.pack(">HHHH", key.sport, key.dport, 8 + len(payload), 0) + payload
            if key.version == 4 and not extras.udp_checksum:
                return segment
            return _with_checksum(key, segment, 6)
        case 1:
            return echo(key, 0 if extras.answer else 8, payload, extras)
        case 58:
            return echo(key, 129 if extras.answer else 128, payload, extras)
        case _:
            return payload


def echo(key: FlowKey, kind: int, payload: bytes, extras: Extras) -> bytes:
    """An ICMP or ICMPv6 echo message; the key's ports are its identifier."""
    return _with_checksum(key, struct.pack(">BBHHH", kind, 0, 0, key.sport, extras.seq & 0xFFFF) + payload, 2)


def icmp_error(key: FlowKey, kind: int, code: int, quoted: bytes, rest: int = 0) -> bytes:
    """A frame with an ICMP error from key.src to key.dst that quotes the beginning of an IP packet."""
    message = struct.pack(">BBHI", kind, code, 0, rest) + quoted
    return ethernet(key, ip_packet(key, _with_checksum(key, message, 2)))


def ip_packet(key: FlowKey, segment: bytes, extras: Extras = PLAIN, fragment: int = 0) -> bytes:
    """An IP packet around a layer-4 segment. `fragment` is IPv4's field of flags and offset."""
    src, dst = addresses(key)
    if key.version == 6:
        return struct.pack(">IHBB", 6 << 28, len(segment), key.protocol, extras.ttl) + src + dst + segment
    size = 20 + len(extras.ip_options)
    header = struct.pack(
        ">BBHHHBBH", 4 << 4 | size // 4, 0, size + len(segment), extras.ident, fragment, extras.ttl, key.protocol, 0
    )
    header += src + dst + extras.ip_options
    return header[:10] + checksum(header).to_bytes(2, "big") + header[12:] + segment


def ethernet(key: FlowKey, packet: bytes, vlan: int | None = None) -> bytes:
    """An Ethernet header in front of an IP packet. Locally administered MACs follow from the addresses."""
    ethertype = IPV6_ETHERTYPE if key.version == 6 else IPV4_ETHERTYPE
    tag = b"" if vlan is None else struct.pack(">HH", VLAN_ETHERTYPE, vlan)
    return mac(key.dst) + mac(key.src) + tag + ethertype.to_bytes(2, "big") + packet


def mac(address: int) -> bytes:
    """A locally administered MAC with the low four bytes of an IP address."""
    return b"\x02\x00" + (address & 0xFFFFFFFF).to_bytes(4, "big")


def addresses(key: FlowKey) -> tuple[bytes, bytes]:
    size = 16 if key.version == 6 else 4
    return key.src.to_bytes(size, "big"), key.dst.to_bytes(size, "big")


def header_bytes(key: FlowKey) -> int:
    """Bytes of a frame of this flow in front of its payload, without options and tags."""
    layer4 = {TCP: 20, UDP: 8, ICMP: 8, ICMPV6: 8}.get(key.protocol, 0)
    return 14 + (40 if key.version == 6 else 20) + layer4


def _with_checksum(key: FlowKey, segment: bytes, at: int) -> bytes:
    start = 0
    if key.protocol != ICMP:
        start = pseudo_header_sum(*addresses(key), key.protocol, len(segment))
    value = checksum(segment, start)
    if key.protocol == UDP:
        value = value or 0xFFFF
    return segment[:at] + value.to_bytes(2, "big") + segment[at + 2 :]
