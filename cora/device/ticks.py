"""The kernel's count of timer ticks as a clock: much cheaper to read than the time, and as coarse as a tick.

With high-resolution timers the kernel advances its count by whole ticks of CLOCK_MONOTONIC, so the two never drift
apart; without them it may lose ticks, and Cora doesn't use it."""

from __future__ import annotations

import struct
import time
from dataclasses import dataclass
from functools import cache

from cora import resources
from cora.device.bpf import TestRun
from cora.device.compile import compile_c
from cora.device.libbpf import Object

_CLOCK_MONOTONIC_COARSE = 6  # include/uapi/linux/time.h; its resolution is one tick
_TRANSITIONS = 3
_CLOSE_NS = 50_000
"""Between two readings a tick was seen to begin if they are no further apart."""
_MOST_TICKS_TO_WATCH = 50
_MOST_LATE_TICKS = 2
"""So far the count may lag behind the clock while it is watched: a tick's interrupt takes its time."""


@dataclass(frozen=True, slots=True)
class Ticks:
    """`time = start_ns + ns * ticks` modulo 2^64: CLOCK_MONOTONIC, to within a tick."""

    ns: int = 0
    """Of a tick; 0: the count can't be used."""
    start_ns: int = 0

    def packed(self) -> bytes:
        """`struct cora_tick` of targets/xdp/cora.h."""
        return struct.pack("<QQ", self.ns, self.start_ns & (1 << 64) - 1)


def ticks_within(step_ns: int) -> Ticks:
    """The clock for a program whose times may be `step_ns` apart; `Ticks()` if ticks here are longer or of no use."""
    if not step_ns or time.clock_getres(time.CLOCK_MONOTONIC) > 2e-9:
        return Ticks()
    tick_ns = round(time.clock_getres(_CLOCK_MONOTONIC_COARSE) * 1e9)
    return _watched(tick_ns) if tick_ns <= step_ns else Ticks()


@cache
def _watched(tick_ns: int) -> Ticks:
    """Compares count and clock until some ticks were seen to begin, or has the earliest start that it saw."""
    made = compile_c((resources.folder("targets") / "xdp" / "tick.bpf.c").read_text(), "tick")
    program = Object(made)
    starts: list[int] = []
    seen, before = 0, (0, 0)
    try:
        run, reading = TestRun(program.programs["read_both"]), program.maps["reading"]
        until_ns = time.monotonic_ns() + _MOST_TICKS_TO_WATCH * tick_ns
        while (seen < _TRANSITIONS and time.monotonic_ns() < until_ns) or len(starts) < 2:
            run(bytes(TestRun.SHORTEST_FRAME))
            ticks, now_ns, is_whole = struct.unpack("<3Q", reading.lookup(bytes(4)) or bytes(24))
            if is_whole:
                starts.append(now_ns - ticks * tick_ns)
                seen += ticks == before[0] + 1 and now_ns - before[1] <= _CLOSE_NS
                before = ticks, now_ns
    finally:
        program.close()
    start_ns = min(starts)
    steady = max(starts) - start_ns <= _MOST_LATE_TICKS * tick_ns
    return Ticks(tick_ns, start_ns) if steady else Ticks()
