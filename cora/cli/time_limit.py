"""`--time-limit`: a command ends in time, with what it has found or with an error that says what it was doing."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

from cora.diagnostics import error

PLANNING_SHARE = 0.9
"""Searches end when so much of the time has passed: what they have found must still be evaluated and printed."""


@dataclass(slots=True)
class TimeLimit:
    """`until_s`: the `time.monotonic()` by which searches end; None without a limit."""

    tell: Callable[[str], None]
    until_s: float | None = None
    step: str = "reading the program"

    def show(self, step: str) -> None:
        """Told what is going on, as `Job.show` is."""
        self.step = step
        self.tell(step)


@contextmanager
def limited(seconds: float | None, tell: Callable[[str], None]) -> Generator[TimeLimit, None, None]:
    """Raises `UserError` C0625 in the middle of whatever is going on once so many seconds have passed. Solvers run in
    code that can't be interrupted so: they are given `until_s`."""
    limit = TimeLimit(tell)
    if seconds is None:
        yield limit
        return

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise error(
            "C0625", f"the time limit of {seconds:g} s has passed while {limit.step}",
            help="give it more time with --time-limit, or less to do: a shorter trace, a smaller program",
        )  # fmt: skip

    limit.until_s = time.monotonic() + PLANNING_SHARE * seconds
    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield limit
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
