"""Plays packets as fast as the kernel takes them, for load; functional comparison is `cora.lab.lockstep`'s work."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from types import TracebackType

from cora.device.bpf import play_live
from cora.ir.packets import Packet
from cora.lab.kernel_programs import load_program
from cora.lab.topology import Device, inside

LONGEST_FRAME = 2040
"""Bytes of a slot in the player's trace (FRAME_BYTES in player.bpf.c)."""
MOST_PACKETS = 32_768
"""Slots of the player's trace (PLAYS)."""
_SLOT = struct.Struct("<II")
_PROGRESS = struct.Struct("<QQQ")
_FILL = 2048
"""Slots stored in one call: 4 MiB at a time."""


class Player:
    """A trace in a map, a program that plays it and one that counts what comes back."""

    def __init__(self) -> None:
        self._object = load_program("player")
        self.sink_fd = self._object.programs["sink"]
        self.pass_fd = self._object.programs["pass"]

    def __enter__(self) -> Player:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._object.close()

    def load(self, packets: Sequence[Packet]) -> None:
        """Stores up to MOST_PACKETS packets of up to LONGEST_FRAME bytes."""
        slots = [
            (
                struct.pack("<I", index),
                _SLOT.pack(p.port, len(p.data)) + p.data.ljust(LONGEST_FRAME, b"\0"),
            )
            for index, p in enumerate(packets)
        ]
        for start in range(0, len(slots), _FILL):
            self._object.maps["trace"].update_many(slots[start : start + _FILL])

    def connect(self, client: dict[int, Device]) -> None:
        """Packets of a port leave by that end of the wire from now on."""
        for port, device in client.items():
            with inside(device.namespace):
                self._object.maps["out"].update(struct.pack("<I", port), struct.pack("<I", device.index))

    def rewind(self) -> None:
        self._object.maps["progress"].update(bytes(4), bytes(_PROGRESS.size))

    def play(self, device: Device, packets: int) -> None:
        """Plays the next `packets` of the trace; returns when they have been sent."""
        with inside(device.namespace):
            play_live(self._object.programs["play"], device.index, packets)

    @property
    def refused(self) -> int:
        """Frames that could not be built or sent."""
        return self._progress()[1]

    @property
    def received(self) -> int:
        """Frames that came back to the client."""
        return self._progress()[2]

    def _progress(self) -> tuple[int, ...]:
        return _PROGRESS.unpack(self._object.maps["progress"].lookup(bytes(4)) or bytes(_PROGRESS.size))
