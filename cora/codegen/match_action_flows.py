"""Flows to offload: the match on the ends of the connection that a frame belongs to, as far as it has ends."""

from __future__ import annotations

from cora.codegen.match_action import FRAME_BYTES, PORT, Bits, Match, frame_bits
from cora.codegen.match_action_fields import (
    ETHERNET_BYTES,
    ETHERTYPE,
    ICMP,
    IPV4_BYTES,
    IPV6_BYTES,
    TCP,
    UDP,
)


def ends_of(frame: bytes, port: int) -> Match | None:
    """Port, addresses, protocol and ports (for ICMP its type and the identifier of echoes) of a frame; None for a frame
    of another kind, with IPv4 options, or a fragment."""
    value = port << PORT.shift | int.from_bytes(frame[:FRAME_BYTES].ljust(FRAME_BYTES, b"\0"), "big")
    at = ETHERNET_BYTES
    match ETHERTYPE.of(value):
        case 0x0800:
            whole = frame_bits(at, 0, 8), frame_bits(at + 6, 2, 14)
            if [b.of(value) for b in whole] != [0x45, 0]:
                return None
            keys = [*whole, frame_bits(at + 9, 0, 8), frame_bits(at + 12, 0, 64)]
            protocol, at = frame_bits(at + 9, 0, 8).of(value), at + IPV4_BYTES
        case 0x86DD:
            keys = [frame_bits(at, 0, 4), frame_bits(at + 6, 0, 8), frame_bits(at + 8, 0, 256)]
            protocol, at = frame_bits(at + 6, 0, 8).of(value), at + IPV6_BYTES
        case _:
            return None
    if protocol not in (TCP, UDP, ICMP) or len(frame) < at + 8:
        return None
    keys += _ends(protocol, at)
    mask = 0
    for bits in (PORT, ETHERTYPE, *keys):
        mask |= bits.mask()
    return Match(mask, value & mask)


def _ends(protocol: int, at: int) -> list[Bits]:
    if protocol in (TCP, UDP):
        return [frame_bits(at, 0, 32)]
    return [frame_bits(at, 0, 8)]
