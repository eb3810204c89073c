"""The frame that carries a packet from one engine to another: fixed header, values of the resume point, carried frame.

All numbers are big-endian. The first 14 bytes are an Ethernet header of type 0x88B5 (IEEE 802: local experimental), so
that the frame passes any link:

    offset  bytes  field
         0      6  destination address (02:00:00:00:00:02)
         6      6  source address (02:00:00:00:00:01)
        12      2  0x88B5
        14      1  version (1)
        15      1  resume point of the receiver
        16      2  flags (0; a receiver ignores them)
        18      2  $port
        20      4  $length, bytes of the frame as it first came in
        24      8  $time
        32      8  $seed
        40      -  the fields of the resume point (`Layout`), each in whole bytes; then the carried frame

A value of `width` bits takes (width + 7) // 8 bytes; the bits above it are 0.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass

from cora.ir.nodes import Var
from cora.split.engines import HandOffField, Layout

ETHER_TYPE = 0x88B5
VERSION = 1
FIXED_BYTES = 40
DESTINATION = bytes.fromhex("020000000002")
SOURCE = bytes.fromhex("020000000001")
_FIXED = struct.Struct("!6s6sHBBHHIQQ")


class HandOffError(ValueError):
    """A frame between engines that isn't one of ours, or was cut short."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """The fixed part: where the packet goes on, and the inputs with which it first came in."""

    resume: int
    port: int
    length: int
    time_ns: int
    seed: int


def make_layout(target: str, resume: int, variables: Iterable[Var]) -> Layout:
    """Lays the variables of a resume point out one behind the other, each in whole bytes."""
    fields: list[HandOffField] = []
    offset = 0
    for var in variables:
        fields.append(HandOffField(var.name, var.width, offset))
        offset += fields[-1].size
    return Layout(target, resume, tuple(fields), offset)


def pack(layout: Layout, fixed: Fixed, values: Iterable[int], frame: bytes) -> bytes:
    """The frame on the wire. `values` are in the order of `layout.fields` and fit their widths."""
    head = _FIXED.pack(
        DESTINATION,
        SOURCE,
        ETHER_TYPE,
        VERSION,
        fixed.resume,
        0,
        fixed.port,
        fixed.length,
        fixed.time_ns,
        fixed.seed,
    )
    fields = b"".join(value.to_bytes(field.size, "big") for field, value in zip(layout.fields, values, strict=True))
    return head + fields + frame


def unpack_fixed(data: bytes) -> Fixed:
    """The fixed part of a frame between engines; raises HandOffError if it isn't one of this version."""
    if len(data) < FIXED_BYTES:
        raise HandOffError(f"{len(data)} bytes are too few for a hand-off")
    _, _, ether_type, version, resume, _, port, length, time_ns, seed = _FIXED.unpack_from(data)
    if (ether_type, version) != (ETHER_TYPE, VERSION):
        raise HandOffError(f"not a hand-off of version {VERSION}: type 0x{ether_type:04x}, version {version}")
    return Fixed(resume, port, length, time_ns, seed)


def unpack(layout: Layout, data: bytes) -> tuple[Fixed, tuple[int, ...], bytes]:
    """The fixed part, the values in the order of `layout.fields`, and the carried frame."""
    fixed = unpack_fixed(data)
    if len(data) < FIXED_BYTES + layout.size:
        raise HandOffError(f"{len(data)} bytes are too few for resume point {layout.resume}")
    values = tuple(
        int.from_bytes(data[FIXED_BYTES + f.offset : FIXED_BYTES + f.offset + f.size], "big") & (1 << f.width) - 1
        for f in layout.fields
    )
    return fixed, values, data[FIXED_BYTES + layout.size :]
