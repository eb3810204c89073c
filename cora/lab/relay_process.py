"""The relay's process (see `cora.lab.relay`): `python -m cora.lab.relay_process SETTINGS`, with its sockets inherited.

It says `ready` on its standard output, answers `report`, and ends when its standard input does, so that none is left
behind by a run that was killed.
"""

from __future__ import annotations

import heapq
import json
import mmap
import os
import random
import select
import socket
import struct
import sys
import time
from dataclasses import astuple, dataclass, field, fields
from typing import Any

from cora.lab.tags import tag_of
from cora.split.handoff import ETHER_TYPE

HOLD_ONE_IN = 16
"""Frames, on average, between two that hold their queue back."""
_SOL_PACKET, _PACKET_STATISTICS = 263, 6
_LARGEST_FRAME = 1 << 14
_AT_ONCE = 64
"""Frames read from one end before the others are looked at."""
INWARDS, OUTWARDS = 0, 1
"""Directions."""


@dataclass(slots=True)
class Counts:
    """Frames, since the relay began; as memory that both processes see: each number as 8 bytes, in this order."""

    inwards: int = 0
    """Received from the engine at the wire."""
    outwards: int = 0
    """Received from the inner engine."""
    waiting: int = 0
    """Held at the moment."""
    lost_updates: int = 0
    """Lost on purpose: frames without a packet."""
    lost_data: int = 0
    """Lost on purpose: frames with a packet."""
    doubled: int = 0
    held: int = 0
    """Frames that held their queue back."""
    overrun: int = 0
    """Frames that the kernel dropped because the relay was too slow, or refused to send."""
    bytes: int = 0
    """Of frames sent on."""

    @staticmethod
    def size() -> int:
        return 8 * len(fields(Counts))

    @staticmethod
    def read(shared: mmap.mmap) -> Counts:
        return Counts(*struct.unpack_from(f"<{len(fields(Counts))}Q", shared, 0))

    def write(self, shared: mmap.mmap) -> None:
        struct.pack_into(f"<{len(fields(Counts))}Q", shared, 0, *astuple(self))


@dataclass(slots=True)
class RelayLoop:
    """What the process does until its standard input ends. `settings` are the fields of `RelayOptions`, and by
    direction resume points that frames without a packet go to (`without_packet`), and those of probes (`probes`)."""

    settings: dict[str, Any]
    ends: tuple[socket.socket, socket.socket]
    """Towards the wire, and inwards."""
    shared: mmap.mmap
    counts: Counts = field(default_factory=Counts)
    waiting: list[tuple[int, int, int, bytes]] = field(default_factory=list[tuple[int, int, int, bytes]])
    """A heap of (time to send, order of arrival, direction, frame)."""
    releases: dict[tuple[int, int], int] = field(default_factory=dict[tuple[int, int], int])
    """By direction and queue: when its last frame goes on."""
    fences: list[int] = field(default_factory=lambda: [0, 0])
    """By direction: when the last probe goes on. Its key may be one of any connection: no frame overtakes it."""
    echoes: list[int] = field(default_factory=list[int])
    """Numbers of the packets whose frames inwards hold their place in a queue only."""
    delivered: tuple[list[tuple[int, int]], list[tuple[int, int]]] = field(default_factory=lambda: ([], []))
    lost: list[int] = field(default_factory=list[int])
    arrivals: int = 0

    def run(self) -> None:
        dice = random.Random(self.settings["seed"])
        commands = sys.stdin.fileno()
        while True:
            self.send_due()
            self._publish()
            timeout = None if not self.waiting else max(0, self.waiting[0][0] - time.monotonic_ns()) / 1e9
            ready, _, _ = select.select([*self.ends, commands], [], [], timeout)
            for direction in (INWARDS, OUTWARDS):
                if self.ends[direction] in ready:
                    self._take(direction, dice)
            if commands in ready and not self._command(os.read(commands, 4096)):
                return

    def _publish(self) -> None:
        self.counts.waiting = len(self.waiting)
        self.counts.write(self.shared)

    def _take(self, direction: int, dice: random.Random) -> None:
        """Reads what has come in at the end from which frames go in this direction."""
        end = self.ends[direction]
        for _ in range(_AT_ONCE):
            try:
                frame = end.recv(_LARGEST_FRAME)
            except BlockingIOError:
                return
            if direction == INWARDS:
                self.counts.inwards += 1
            else:
                self.counts.outwards += 1
            self.schedule(direction, frame, dice)

    def schedule(self, direction: int, frame: bytes, dice: random.Random) -> None:
        """Decides what becomes of a frame."""
        carries = not self._goes_to(frame, self.settings["without_packet"][direction])
        settings, counts = self.settings, self.counts
        if dice.random() * 100 < settings["lose_data_pct" if carries else "lose_pct"]:
            self._lose(frame, carries)
            return
        copies = 1
        if not carries and dice.random() * 100 < settings["double_pct"]:
            copies = 2
            counts.doubled += 1
        at = time.monotonic_ns() + int(settings["delay_ms"] * 1e6)
        if settings["hold_ms"] and dice.random() * HOLD_ONE_IN < 1:
            at += int(dice.random() * settings["hold_ms"] * 1e6)
            counts.held += 1
        queue = (direction, self._queue(frame))
        probe = self._goes_to(frame, self.settings["probes"][direction])
        if probe:
            at = max(at, *(t for (way, _), t in self.releases.items() if way == direction), 0)
        at = max(at, self.releases.get(queue, 0), self.fences[direction])
        times = (at,) if copies == 1 else (at, at + int(dice.random() * settings["delay_ms"] * 1e6))
        self.releases[queue] = times[-1]
        if probe:
            self.fences[direction] = times[-1]
        for at in times:
            self.arrivals += 1
            heapq.heappush(self.waiting, (at, self.arrivals, direction, frame))

    def _lose(self, frame: bytes, carries: bool) -> None:
        if not carries:
            self.counts.lost_updates += 1
            return
        self.counts.lost_data += 1
        tag = tag_of(frame)
        if tag is not None:
            self.lost.append(tag.packet)

    def _queue(self, frame: bytes) -> int:
        """The queue of a frame's connection, both directions alike; frames without a tag share one."""
        if not self.settings["queues"]:
            return self.arrivals
        tag = tag_of(frame)
        return 0 if tag is None else tag.connection * 0x9E3779B1 % (1 << 32) % self.settings["queues"]

    @staticmethod
    def _goes_to(frame: bytes, points: list[int]) -> bool:
        kind = int.from_bytes(frame[12:14], "big")
        return kind == ETHER_TYPE and frame[15] in points

    def send_due(self) -> None:
        """Sends the frames on whose time has come."""
        waiting, counts = self.waiting, self.counts
        while waiting and waiting[0][0] <= (now := time.monotonic_ns()):
            _, _, direction, frame = heapq.heappop(waiting)
            tag = tag_of(frame)
            if tag is not None:
                self.delivered[direction].append((tag.packet, now))
                if direction == INWARDS and self._goes_to(frame, self.settings["echoes"]):
                    self.echoes.append(tag.packet)
            counts.bytes += len(frame)
            try:
                self.ends[1 - direction].send(frame)
            except OSError:
                counts.overrun += 1

    def _command(self, text: bytes) -> bool:
        """Answers; False if there is nobody to answer any more."""
        for line in text.split():
            assert line == b"report"
            for end in self.ends:
                _, drops = struct.unpack("II", end.getsockopt(_SOL_PACKET, _PACKET_STATISTICS, 8))
                self.counts.overrun += drops
            self._publish()
            inwards, outwards = self.delivered
            _say({"kind": "report", "inwards": inwards, "outwards": outwards, "lost": self.lost, "echoes": self.echoes})
        return bool(text)


def _say(what: dict[str, Any]) -> None:
    print(json.dumps(what), flush=True)


def main() -> None:
    settings = json.loads(sys.argv[1])
    outer, inner = (socket.socket(fileno=fd) for fd in settings["ends"])
    shared = mmap.mmap(settings["shared"], Counts.size())
    _say({"kind": "ready"})
    RelayLoop(settings, (outer, inner), shared).run()


if __name__ == "__main__":
    main()
