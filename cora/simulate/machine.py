"""The machine as a set of servers, and time that goes from event to event.

A packet is a list of steps. On an engine it holds a hardware thread from its arrival until it leaves. A core runs one
of its threads at a time, until that waits (cooperative, as micro-engines do); a core with one thread waits with it.
Everything else serves one after the other, first come, first served: a memory's operations by kind, a cell's changes, a
link's bits each way, an engine's packets and insertions, the port.
"""

from __future__ import annotations

import heapq
import random
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import NamedTuple


class Arrive(NamedTuple):
    """Takes a thread of an engine; waits for one."""

    engine: str


class Run(NamedTuple):
    """Computes on the thread's core; waits for it."""

    time_ns: float


class Pass(NamedTuple):
    """Waits for a server, and goes on `after_ns` after its turn has begun; the next one's begins `service_ns` after."""

    server: Hashable
    service_ns: float
    after_ns: float


class Post(NamedTuple):
    """Hands something to a server and goes on, unless more than `depth` of them are waiting there."""

    server: Hashable
    service_ns: float
    depth: int


class Delay(NamedTuple):
    """Time that passes for this packet alone."""

    time_ns: float


class Leave(NamedTuple):
    """Gives the thread back."""

    engine: str


Step = Arrive | Run | Pass | Post | Delay | Leave


@dataclass(slots=True, eq=False)
class _Core:
    busy: bool = False
    busy_ns: float = 0.0
    ready: deque[_Traveller] = field(default_factory=deque["_Traveller"])


@dataclass(slots=True, eq=False)
class _Traveller:
    steps: tuple[Step, ...]
    done: Callable[[], None]
    at: int = 0
    core: _Core | None = None


@dataclass(slots=True)
class _Engine:
    cores: list[_Core]
    free: list[_Core]
    """The core of each free thread."""
    waiting: deque[_Traveller] = field(default_factory=deque["_Traveller"])


class Machine:
    """`threads` gives the cores and the threads a core by engine. A packet takes any of the free threads: had the one
    that is free for longest the turn, threads of a core would come to go in step."""

    def __init__(self, threads: dict[str, tuple[int, int]], rng: random.Random) -> None:
        self.now_ns = 0.0
        self._rng = rng
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._number = 0
        self._free_ns: dict[Hashable, float] = {}
        self._engines: dict[str, _Engine] = {}
        for name, (count, each) in threads.items():
            cores = [_Core() for _ in range(count)]
            self._engines[name] = _Engine(cores, cores * each)

    def at(self, time_ns: float, what: Callable[[], None]) -> None:
        """Does something at a time; what should have been before happens now."""
        self._number += 1
        heapq.heappush(self._events, (max(time_ns, self.now_ns), self._number, what))

    def send(self, steps: tuple[Step, ...], done: Callable[[], None]) -> None:
        """A packet (or a piece of other work) begins now; `done` is called when its last step is over."""
        self._go(_Traveller(steps, done))

    def run(self, until: Callable[[], bool]) -> None:
        """Lets time pass until `until` holds or nothing is left to happen."""
        events = self._events
        while events and not until():
            self.now_ns, _, what = heapq.heappop(events)
            what()

    @property
    def engines(self) -> tuple[str, ...]:
        return tuple(self._engines)

    def busy_ns(self, engine: str) -> float:
        """How long the cores of an engine have computed, or were promised to, all together."""
        return sum(core.busy_ns for core in self._engines[engine].cores)

    def _go(self, who: _Traveller) -> None:
        """Takes steps until one needs time."""
        while who.at < len(who.steps):
            step = who.steps[who.at]
            match step:
                case Run(time_ns):
                    self._compute(who, time_ns)
                    return
                case Pass():
                    who.at += 1
                    if self._pass(who, step):
                        return
                case Post(server, service_ns, depth):
                    who.at += 1
                    free_ns = max(self.now_ns, self._free_ns.get(server, 0.0)) + service_ns
                    self._free_ns[server] = free_ns
                    if free_ns - depth * service_ns > self.now_ns:
                        self._later(who, free_ns - depth * service_ns)
                        return
                case Delay(time_ns):
                    who.at += 1
                    self._later(who, self.now_ns + time_ns)
                    return
                case Arrive(engine):
                    if not self._arrive(who, self._engines[engine]):
                        return
                case Leave(engine):
                    who.at += 1
                    self._leave(who, self._engines[engine])
        who.done()

    def _later(self, who: _Traveller, time_ns: float) -> None:
        self.at(time_ns, lambda: self._go(who))

    def _pass(self, who: _Traveller, step: Pass) -> bool:
        """Whether it takes time."""
        begin_ns = max(self.now_ns, self._free_ns.get(step.server, 0.0))
        self._free_ns[step.server] = begin_ns + step.service_ns
        if begin_ns + step.after_ns <= self.now_ns:
            return False
        self._later(who, begin_ns + step.after_ns)
        return True

    def _arrive(self, who: _Traveller, engine: _Engine) -> bool:
        """Whether a thread is free."""
        if not engine.free:
            engine.waiting.append(who)
            return False
        free = engine.free
        any_ = self._rng.randrange(len(free))
        free[any_], free[-1] = free[-1], free[any_]
        who.core = free.pop()
        who.at += 1
        return True

    def _compute(self, who: _Traveller, time_ns: float) -> None:
        core = who.core
        assert core is not None
        if core.busy:
            core.ready.append(who)
            return
        core.busy = True
        core.busy_ns += time_ns
        who.at += 1
        self.at(self.now_ns + time_ns, lambda: self._computed(who, core))

    def _computed(self, who: _Traveller, core: _Core) -> None:
        core.busy = False
        self._go(who)
        if core.ready and not core.busy:
            self._go(core.ready.popleft())

    def _leave(self, who: _Traveller, engine: _Engine) -> None:
        assert who.core is not None
        engine.free.append(who.core)
        who.core = None
        if engine.waiting:
            following = engine.waiting.popleft()
            self._arrive(following, engine)
            self._go(following)
