"""Tags at the end of frames: which packet of which flow a frame carries, whatever the engines make of its headers.

A tag is the last 20 bytes of a frame, big-endian: magic, numbers of the connection and the flow, place in the flow,
number of the packet (targets/softnic/judge.bpf.c reads it too).
It stands behind what the IP header counts, so that to a network function it is payload like any other; the reference
runs on the same tagged frames.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from cora.ir.packets import Packet

MAGIC = 0xC07A1AB5
_TAG = struct.Struct(">5I")
TAG_BYTES = _TAG.size
FIRST_PROBE = 1 << 31
"""Tags with this number of a packet and larger ones are on probes of the control plane."""


@dataclass(frozen=True, slots=True)
class Tag:
    connection: int
    """Both directions alike."""
    flow: int
    """One direction of a connection: what has to stay in order."""
    place: int
    """Packets of the flow before this one."""
    packet: int


def tag_of(frame: bytes) -> Tag | None:
    """The tag of a frame, also of one that carries a tagged frame; None if it has none."""
    if len(frame) < TAG_BYTES:
        return None
    magic, connection, flow, place, packet = _TAG.unpack_from(frame, len(frame) - TAG_BYTES)
    return Tag(connection, flow, place, packet) if magic == MAGIC else None


def probe_tag(number: int) -> bytes:
    """The tag of the n-th probe, from 0 up."""
    return _TAG.pack(MAGIC, 0, 0, 0, FIRST_PROBE + number)


@dataclass(frozen=True, slots=True)
class Tagged:
    packets: tuple[Packet, ...]
    flows: int


def tagged(packets: Sequence[Packet], connections: Sequence[int]) -> Tagged:
    """The packets with tags; `connections` has the number of each one's connection, both directions alike. A connection
    has a flow for each port that its packets come in by."""
    numbers: dict[tuple[int, int], int] = {}
    places: list[int] = []
    made: list[Packet] = []
    for number, (packet, connection) in enumerate(zip(packets, connections, strict=True)):
        flow = numbers.setdefault((connection, packet.port), len(numbers))
        if flow == len(places):
            places.append(0)
        tag = _TAG.pack(MAGIC, connection, flow, places[flow], number)
        places[flow] += 1
        made.append(Packet(packet.data + tag, packet.port, packet.time_ns, packet.seed))
    return Tagged(tuple(made), len(places))
