"""What came back to the client under load, packet by packet and flow by flow, kept by a program in the kernel."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cora.lab.kernel_programs import load_program
from cora.lab.topology import Device

Words = NDArray[np.uint64]

LONGEST_FRAME = 2040
_PACKET = struct.Struct("<4Q")
_FLOW = struct.Struct("<4Q")
_FACTOR = 0x9E3779B97F4A7C15
_ALL = (1 << 64) - 1


class Seen(NamedTuple):
    """A packet that came back."""

    times: int
    port: int
    digest: int
    order: int
    """Frames that came before it."""


class FlowSeen(NamedTuple):
    """A flow of which something came back."""

    packets: int
    next: int
    """The place behind the furthest packet."""
    overtaken: int
    """Packets that came behind a later one of their flow."""
    digest: int
    """Of its packets' digests, in the order in which they came."""


class Judge:
    """A program for the client's ends of the wire (`fd`) that notes what comes. It begins empty."""

    def __init__(self) -> None:
        self._object = load_program("judge")
        self.fd = self._object.programs["judge"]

    def __enter__(self) -> Judge:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._object.close()

    def connect(self, client: dict[int, Device]) -> None:
        """Tells by which port what comes in by a device came."""
        for port, device in client.items():
            self._object.maps["ports"].update(struct.pack("<I", device.index), struct.pack("<I", port))

    def frames(self) -> tuple[int, int]:
        """(frames that came, those of them without a tag)."""
        frames, untagged = struct.unpack("<2Q", self._object.maps["total"].lookup(bytes(4)) or bytes(16))
        return frames, untagged

    def packets(self) -> dict[int, Seen]:
        """By number of the packet."""
        return {n: Seen(*_PACKET.unpack(value)) for n, value in self._used("packets", _PACKET)}

    def flows(self) -> dict[int, FlowSeen]:
        """By number of the flow."""
        return {n: FlowSeen(*_FLOW.unpack(value)) for n, value in self._used("flows", _FLOW)}

    def _used(self, name: str, layout: struct.Struct) -> Iterable[tuple[int, bytes]]:
        return self._object.maps[name].cells(bytes(layout.size))


def digests(frames: Sequence[bytes]) -> list[int]:
    """By frame the digest that the program in the kernel makes of it (`digest_of` in judge.bpf.c)."""
    if not frames:
        return []
    lengths = np.array([len(f) for f in frames], dtype=np.uint64)
    count = (int(lengths.max()) + 7) // 8
    words = np.zeros((len(frames), count), dtype="<u8")
    for row, frame in zip(words, frames, strict=True):
        row.view(np.uint8)[: len(frame)] = np.frombuffer(frame, dtype=np.uint8)
    found = lengths.copy()
    for n in range(count):
        mixed = (found ^ words[:, n]) * np.uint64(_FACTOR)
        mixed ^= mixed >> np.uint64(29)
        found = np.where(lengths > n * 8, mixed, found)
    return [int(d) for d in found]


def sequence_digest(of: Iterable[int]) -> int:
    """What the program in the kernel has for a flow whose frames have these digests and came in this order."""
    digest = 0
    for word in of:
        digest = (digest ^ word) * _FACTOR & _ALL
        digest ^= digest >> 29
    return digest
