"""A relay in the link between two engines: a process of its own that delays, loses, doubles and holds back frames.

On a machine with few cores little is ever in flight, and races between the halves of a split show only when something
is. The relay keeps what a real link promises: frames of one queue stay in order, and a connection has one queue.
"""

from __future__ import annotations

import json
import math
import mmap
import os
import select
import socket
import subprocess
import sys
from dataclasses import asdict, dataclass
from types import TracebackType
from typing import Any

from cora.diagnostics import error
from cora.lab.client import open_socket
from cora.lab.relay_process import Counts
from cora.lab.topology import Link
from cora.split.engines import Split, updates_only

LONGEST_DELAY_MS = 1000.0
_PATIENCE_S = 10.0
"""How long the relay's process may take to begin or to answer."""


@dataclass(frozen=True, slots=True)
class RelayOptions:
    """What a relay does to frames. Percentages are chances a frame, times are a way."""

    delay_ms: float = 0.0
    """Added to every frame."""
    hold_ms: float = 0.0
    """A queue in `HOLD_ONE_IN` frames is held back for up to this long, while others go on."""
    lose_pct: float = 0.0
    """Of frames that carry no packet: updates and control messages."""
    lose_data_pct: float = 0.0
    """Of frames that carry a packet."""
    double_pct: float = 0.0
    """Of frames that carry no packet: sent twice, the second time up to the delay later."""
    queues: int = 8
    """A connection's frames have one queue and stay in order. 0: every frame has its own, and so may overtake others of
    its flow; no split can stand that, but it shows that the judge sees it."""
    seed: int = 1

    def check(self) -> RelayOptions:
        """The options, if they make sense; C0841."""
        for name, value in (("delay", self.delay_ms), ("hold", self.hold_ms)):
            if not (math.isfinite(value) and 0 <= value <= LONGEST_DELAY_MS):
                raise error(
                    "C0841", f"{name}: {value:g} ms cannot be", help=f"give a time from 0 to {LONGEST_DELAY_MS:g} ms"
                )
        for name, value in (("loss", self.lose_pct), ("lose-data", self.lose_data_pct), ("double", self.double_pct)):
            if not 0 <= value <= 100:
                raise error("C0841", f"{name}: {value:g} % cannot be", help="give a percentage from 0 to 100")
        return self


@dataclass(frozen=True, slots=True)
class RelayReport:
    """What a relay did, counted from its beginning."""

    counts: Counts
    inwards: tuple[tuple[int, int], ...]
    """(number of the packet, time in ns) of tagged frames in the order in which they were given to the inner engine."""
    outwards: tuple[tuple[int, int], ...]
    """The same of frames given to the outer engine."""
    lost: frozenset[int]
    """Numbers of the packets whose data frames were lost on purpose."""
    echoes: frozenset[int] = frozenset()
    """Numbers of the packets that the outer engine had served and sent along only behind others of their flow."""


class Relay:
    """A running relay. Close it, or use it as a context manager; it also ends when this process does."""

    def __init__(self, link: Link, split: Split, options: RelayOptions) -> None:
        """Begins to relay between the ends of a link. C0842 if the process doesn't begin."""
        assert link.relay is not None
        shared = os.memfd_create("cora-lab-relay")
        os.ftruncate(shared, Counts.size())
        self._shared = mmap.mmap(shared, Counts.size())
        ends = [open_socket(device) for device in link.relay]
        batches = [] if split.batches is None or not split.batches.onward else [split.batches]
        inwards = [*(p.onward for p in split.probes), *(b.onward for b in batches)]
        outwards = [*(n for p in split.probes for n in (p.ask, p.told)), *(b.ask for b in batches)]
        settings = {
            **asdict(options.check()),
            "ends": [s.fileno() for s in ends],
            "shared": shared,
            "without_packet": [inwards, updates_only(split)],
            "probes": [inwards, outwards],
            "echoes": [] if split.echo is None else [split.echo],
        }
        fds = (shared, *(s.fileno() for s in ends))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "cora.lab.relay_process", json.dumps(settings)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=fds,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        os.close(shared)
        self._close(ends)
        self._answer("ready")

    def __enter__(self) -> Relay:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()  # it ends when its input does
        try:
            self._process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        self._shared.close()

    @staticmethod
    def _close(ends: list[socket.socket]) -> None:
        for end in ends:
            end.close()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def counts(self) -> Counts:
        return Counts.read(self._shared)

    def idle(self, inwards: int, outwards: int) -> bool:
        """So many frames have come in, and none waits. Raises C0842 if the process has ended."""
        if self._process.poll() is not None:
            raise self._dead()
        counts = self.counts
        return counts.inwards >= inwards and counts.outwards >= outwards and not counts.waiting

    def report(self) -> RelayReport:
        """Ask when it is idle. Raises C0843 if more came than it could take."""
        assert self._process.stdin is not None
        self._process.stdin.write(b"report\n")
        self._process.stdin.flush()
        told = self._answer("report")
        counts = self.counts
        if counts.overrun:
            raise error(
                "C0843",
                f"the relay could not keep up: {counts.overrun:,} frames were dropped before it",
                help="play more slowly (--pps), or close what else uses this machine",
            )
        inwards, outwards = (tuple((int(n), int(t)) for n, t in told[name]) for name in ("inwards", "outwards"))
        return RelayReport(counts, inwards, outwards, frozenset(told["lost"]), frozenset(told["echoes"]))

    def _answer(self, expected: str) -> dict[str, Any]:
        out = self._process.stdout
        assert out is not None
        ready, _, _ = select.select([out], [], [], _PATIENCE_S)
        line = out.readline() if ready else b""
        if not line:
            raise self._dead()
        told = json.loads(line)
        assert told.pop("kind") == expected
        return told

    def _dead(self) -> Exception:
        code = self._process.poll()
        return error(
            "C0842",
            f"the relay's process {'does not answer' if code is None else f'has ended (status {code})'}",
            help="what it said is above; run the lab again",
        )
