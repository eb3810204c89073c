"""A capture as columns: numpy arrays with one element a packet, for statistics over millions of packets.

A plain pcap file with Ethernet frames is indexed where it lies, without an object for each packet; every other file,
and one that is damaged, goes through `cora.traffic.pcap`, whose errors are then the same.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cora.traffic.capture import MAX_CAPTURED, Capture
from cora.traffic.pcap import MAGICS, decompress, parse_capture, read_file

Ints = NDArray[np.int64]
Bytes = NDArray[np.uint8]

SLACK = 256
"""Zero bytes behind the last frame, so that fixed fields of a short one can be read without asking."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Packets in file order. Frame i is `data[start[i] : start[i] + captured[i]]`."""

    name: str
    data: Bytes
    start: Ints
    captured: Ints
    length: Ints
    """Bytes on the wire."""
    time_ns: Ints

    def __len__(self) -> int:
        return len(self.start)

    def only(self, chosen: NDArray[np.bool_]) -> Columns:
        """The chosen packets."""
        return Columns(
            self.name, self.data, self.start[chosen], self.captured[chosen], self.length[chosen], self.time_ns[chosen]
        )

    def frame(self, index: int) -> bytes:
        """The captured bytes of a packet."""
        begin = int(self.start[index])
        return self.data[begin : begin + int(self.captured[index])].tobytes()


def read_columns(path: Path | str, *, allow_truncated: bool = False) -> Columns:
    """The packets of a capture file. Raises what `read_capture` raises."""
    path = Path(path)
    packed = read_file(path)
    data, damage = decompress(packed)
    found = None if damage else _index(data, path.name)
    return found or columns_of(parse_capture(packed, path.name, allow_truncated=allow_truncated))


def columns_of(capture: Capture) -> Columns:
    """The packets of a capture that was read or generated."""
    frames = capture.frames
    captured = np.array([len(f.data) for f in frames], dtype=np.int64)
    data = b"".join([f.data for f in frames])
    return Columns(
        capture.name,
        _padded(data),
        np.cumsum(captured) - captured,
        captured,
        np.array([f.original_length for f in frames], dtype=np.int64),
        np.array([f.time_ns for f in frames], dtype=np.int64),
    )


def _padded(data: bytes) -> Bytes:
    return np.frombuffer(data + bytes(SLACK), dtype=np.uint8)


def _index(data: bytes, name: str) -> Columns | None:
    """The columns of the bytes of a plain pcap file; None if it is not one with Ethernet frames, or is damaged."""
    if data[:4] not in MAGICS or len(data) < 24:
        return None
    order, unit_ns = MAGICS[data[:4]]
    if struct.unpack_from(order + "I", data, 20)[0] & 0xFFFF != 1:
        return None
    offsets = _record_offsets(data, struct.Struct(order + "I"))
    if offsets is None:
        return None
    padded = _padded(data)
    at = np.array(offsets, dtype=np.int64)
    words = padded[at[:, None] + np.arange(16)].reshape(-1).view(order + "u4").reshape(-1, 4).astype(np.int64)
    fraction_ns = words[:, 1] * unit_ns
    if (fraction_ns >= 10**9).any():
        return None
    captured = words[:, 2]
    return Columns(
        name, padded, at + 16, captured, np.maximum(words[:, 3], captured), words[:, 0] * 10**9 + fraction_ns
    )


def _record_offsets(data: bytes, word: struct.Struct) -> list[int] | None:
    """Where the packets' records begin; None if they don't fill the file exactly."""
    offsets: list[int] = []
    add, read = offsets.append, word.unpack_from
    at, size = 24, len(data)
    while at + 16 <= size:
        add(at)
        (captured,) = read(data, at + 8)
        if captured > MAX_CAPTURED:
            return None
        at += 16 + captured
    return offsets if at == size else None
