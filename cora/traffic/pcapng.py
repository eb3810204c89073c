"""The pcapng format (https://datatracker.ietf.org/doc/draft-ietf-opsawg-pcapng/): blocks with a type, a length in
front and behind, and options. Sections may differ in byte order, interfaces in link type and clock."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, field

from cora.traffic.capture import MAX_CAPTURED, BrokenCaptureError, Frame, to_ethernet

SECTION_HEADER = b"\x0a\x0d\x0d\x0a"
"""Type of a section header block: the same in both byte orders."""

_END_OF_OPTIONS, _IF_TSRESOL, _IF_TSOFFSET = 0, 9, 14
_MAX_BLOCK = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Interface:
    convert: Callable[[bytes, int], tuple[bytes, int]] | None
    snap_length: int
    ticks_per_s: int
    offset_s: int

    def time_ns(self, ticks: int) -> int:
        return self.offset_s * 10**9 + ticks * 10**9 // self.ticks_per_s


@dataclass(slots=True)
class _Section:
    order: str
    interfaces: list[_Interface] = field(default_factory=list[_Interface])


def read_pcapng(data: bytes, frames: list[Frame]) -> None:
    """Appends the packets of `data` to `frames`; what was appended before an exception is good.

    Raises `BrokenCaptureError`, and `LinkTypeError` when a packet comes from an interface of an unknown link type.
    """
    section = _Section("<")
    offset, size = 0, len(data)
    while offset < size:
        if offset + 12 > size:
            raise BrokenCaptureError(offset, "the file ends in a block's header", truncated=True)
        if data[offset : offset + 4] == SECTION_HEADER:
            section = _Section(_byte_order(data, offset))
        kind, length = struct.unpack_from(section.order + "II", data, offset)
        if length < 12 or length % 4 or length > _MAX_BLOCK:
            raise BrokenCaptureError(offset, f"a block says that it has {length:,} bytes")
        if offset + length > size:
            raise BrokenCaptureError(offset, "the file ends in a block", truncated=True)
        if struct.unpack_from(section.order + "I", data, offset + length - 4)[0] != length:
            raise BrokenCaptureError(offset, "a block's two lengths differ")
        _read_block(section, kind, data[offset + 8 : offset + length - 4], offset, frames)
        offset += length


def _byte_order(data: bytes, offset: int) -> str:
    match data[offset + 8 : offset + 12]:
        case b"\x4d\x3c\x2b\x1a":
            return "<"
        case b"\x1a\x2b\x3c\x4d":
            return ">"
        case magic:
            raise BrokenCaptureError(offset, f"a section has {magic.hex()} for its byte order")


def _read_block(section: _Section, kind: int, body: bytes, offset: int, frames: list[Frame]) -> None:
    match kind:
        case 1:  # interface description
            section.interfaces.append(_interface(section.order, body, offset))
        case 6:  # enhanced packet
            frames.append(_timed_packet(section, "IIIII", body, offset))
        case 2:  # packet, obsolete
            frames.append(_timed_packet(section, "HHIIII", body, offset))
        case 3:  # simple packet
            frames.append(_simple_packet(section, body, offset, frames))
        case _:
            return  # names, statistics, comments: nothing that the traffic consists of


def _interface(order: str, body: bytes, offset: int) -> _Interface:
    if len(body) < 8:
        raise BrokenCaptureError(offset, "an interface description is too short")
    link_type, _, snap_length = struct.unpack_from(order + "HHI", body, 0)
    ticks_per_s, offset_s = 10**6, 0
    at = 8
    while at + 4 <= len(body):
        code, size = struct.unpack_from(order + "HH", body, at)
        value = body[at + 4 : at + 4 + size]
        if code == _END_OF_OPTIONS:
            break
        if code == _IF_TSRESOL and size == 1:
            ticks_per_s = 2 ** (value[0] & 0x7F) if value[0] & 0x80 else 10 ** value[0]
        if code == _IF_TSOFFSET and len(value) == 8:
            (offset_s,) = struct.unpack(order + "q", value)
        at += 4 + (size + 3) // 4 * 4
    return _Interface(to_ethernet(link_type), snap_length, ticks_per_s, offset_s)


def _timed_packet(section: _Section, layout: str, body: bytes, offset: int) -> Frame:
    """An enhanced packet block, or its obsolete ancestor, which has a count of drops beside the interface."""
    header = struct.Struct(section.order + layout)
    if len(body) < header.size:
        raise BrokenCaptureError(offset, "a packet block is too short")
    values = header.unpack_from(body, 0)
    high, low, captured, original = values[-4:]
    if captured > min(len(body) - header.size, MAX_CAPTURED):
        raise BrokenCaptureError(offset, f"a packet says that it has {captured:,} bytes")
    source = _find(section, values[0], offset)
    content, length = body[header.size : header.size + captured], max(original, captured)
    if source.convert is not None:
        content, length = source.convert(content, length)
    return Frame(source.time_ns(high << 32 | low), content, length)


def _simple_packet(section: _Section, body: bytes, offset: int, frames: list[Frame]) -> Frame:
    """A packet of the first interface, without a time: it gets that of the packet before it."""
    source = _find(section, 0, offset)
    if len(body) < 4:
        raise BrokenCaptureError(offset, "a packet block is too short")
    (original,) = struct.unpack_from(section.order + "I", body, 0)
    captured = min(original, source.snap_length or MAX_CAPTURED, len(body) - 4)
    content, length = body[4 : 4 + captured], original
    if source.convert is not None:
        content, length = source.convert(content, length)
    return Frame(frames[-1].time_ns if frames else 0, content, length)


def _find(section: _Section, index: int, offset: int) -> _Interface:
    if index >= len(section.interfaces):
        raise BrokenCaptureError(
            offset, f"a packet names interface {index}, but the section has {len(section.interfaces)}"
        )
    return section.interfaces[index]
