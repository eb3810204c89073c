"""What a capture file holds, whatever its format: frames in file order, all with an Ethernet header."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cora.diagnostics import Diagnostic


@dataclass(frozen=True, slots=True)
class Frame:
    """One captured packet. `data` holds the captured bytes; `original_length` is what was on the wire (never less)."""

    time_ns: int
    data: bytes
    original_length: int


@dataclass(frozen=True, slots=True)
class Capture:
    name: str
    frames: tuple[Frame, ...]
    diagnostics: tuple[Diagnostic, ...] = ()
    """What was wrong with the file, if the reader was told to take the good packets of it."""

    @property
    def duration_ns(self) -> int:
        """From the earliest to the latest packet; files may be slightly out of order."""
        if not self.frames:
            return 0
        times = [f.time_ns for f in self.frames]
        return max(times) - min(times)

    def faster(self, factor: float) -> Capture:
        """The same packets in `factor` (above 0) times the pace, from the first packet's time on."""
        if not self.frames:
            return self
        start_ns = self.frames[0].time_ns
        frames = (
            Frame(start_ns + round((f.time_ns - start_ns) / factor), f.data, f.original_length) for f in self.frames
        )
        return Capture(self.name, tuple(frames), self.diagnostics)


class BrokenCaptureError(Exception):
    """Reading stopped at byte `offset`; `truncated` if the file merely ends there. The reader turns it into a
    diagnostic that also says how many packets were good."""

    def __init__(self, offset: int, what: str, *, truncated: bool = False) -> None:
        super().__init__(what)
        self.offset = offset
        self.what = what
        self.truncated = truncated


class LinkTypeError(Exception):
    """The file has a link type that has no conversion to Ethernet."""

    def __init__(self, link_type: int) -> None:
        super().__init__(f"link type {link_type}")
        self.link_type = link_type


MAX_CAPTURED = 262_144
"""libpcap's MAXIMUM_SNAPLEN: a record that says it is longer is corrupt."""

_RAW_MACS = bytes.fromhex("020000000002020000000001")
"""Locally administered addresses for packets that were captured without any."""


def _ethernet(data: bytes, original_length: int) -> tuple[bytes, int]:
    return data, original_length


def _raw_ip(data: bytes, original_length: int) -> tuple[bytes, int]:
    version = data[0] >> 4 if data else 4
    ethertype = b"\x86\xdd" if version == 6 else b"\x08\x00"
    return _RAW_MACS + ethertype + data, original_length + 14


def _linux_cooked(data: bytes, original_length: int) -> tuple[bytes, int]:
    """LINKTYPE_LINUX_SLL: type, ARPHRD, address length, address[8], protocol; only the sender's address is known."""
    size = int.from_bytes(data[4:6], "big")
    source = data[6:12] if size == 6 else _RAW_MACS[6:]
    return _RAW_MACS[:6] + source + data[14:16] + data[16:], original_length - 2


def _linux_cooked_2(data: bytes, original_length: int) -> tuple[bytes, int]:
    """LINKTYPE_LINUX_SLL2: protocol, reserved[2], interface[4], ARPHRD[2], type, address length, address[8]."""
    source = data[12:18] if data[11:12] == b"\x06" else _RAW_MACS[6:]
    return _RAW_MACS[:6] + source + data[0:2] + data[20:], original_length - 6


_CONVERSIONS: dict[int, tuple[int, Callable[[bytes, int], tuple[bytes, int]]]] = {
    1: (0, _ethernet),
    12: (0, _raw_ip),
    14: (0, _raw_ip),
    101: (0, _raw_ip),
    113: (16, _linux_cooked),
    228: (0, _raw_ip),
    229: (0, _raw_ip),
    276: (20, _linux_cooked_2),
}
"""Link type (https://www.tcpdump.org/linktypes.html) -> bytes that its header needs, conversion to Ethernet."""


def to_ethernet(link_type: int) -> Callable[[bytes, int], tuple[bytes, int]] | None:
    """The conversion (captured bytes, original length) -> the same with an Ethernet header; None if none is needed.

    Raises `LinkTypeError` for a link type that can't be converted. A packet too short for its link header becomes a
    frame without payload.
    """
    if link_type == 1:
        return None
    if link_type not in _CONVERSIONS:
        raise LinkTypeError(link_type)
    needed, convert = _CONVERSIONS[link_type]

    def padded(data: bytes, original_length: int) -> tuple[bytes, int]:
        frame, length = convert(data.ljust(needed, b"\0"), max(original_length, needed))
        return frame, max(length, len(frame))

    return padded
