"""Runs the simulation: how much a placement carries, and how long packets take at a load."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from math import ceil

import numpy as np

from cora.model.evaluate import Evaluation
from cora.model.figures import Latency
from cora.model.latency import BUSIEST_HOST
from cora.model.placement import Placement
from cora.model.scenario import Scenario
from cora.simulate.itinerary import Itineraries
from cora.simulate.machine import Arrive, Delay, Leave, Machine, Pass, Post, Run, Step
from cora.simulate.trips import Trip, Trips

SETTLED, MOST_WINDOWS = 0.005, 12
"""Throughput is measured window by window until two in a row differ by less than this share: those packets collect that
wait for what is full, which may be few of all."""
WORK_NS = 500.0
"""The control plane's work comes in pieces of about so long."""


def whole_host_cores(evaluation: Evaluation) -> int:
    """The cores that a plan for the fewest host cores would be given: as many as stay no busier than 80%."""
    return max(1, ceil(evaluation.host_cores / BUSIEST_HOST))


@dataclass(frozen=True, slots=True)
class Simulated:
    """What was seen of the packets that came after the warm-up."""

    packets: int
    rate_pps: float
    """At which they left, or were dropped."""
    forwarded: Latency | None
    """Of the packets that were forwarded, of all if none was; None where only throughput was measured."""
    busy_cores: dict[str, float]
    """By engine, the cores that computed on average, the control plane's work included."""


class Simulation:
    """A machine under a placement, with the packets that the scenario's profile was taken of. Deterministic for a seed.
    Packets come in a random order: at the planned rate many copies of the trace, with other connections, come at
    once."""

    def __init__(self, scenario: Scenario, placement: Placement, trips: Trips, host_cores: int, seed: int = 1) -> None:
        self.scenario = scenario
        self.trips = trips.trips
        self.served = served = trips.served(scenario.profile, placement.tier)
        promotions_each = _promotions_each(scenario, trips, served)
        self.itineraries = Itineraries(scenario, placement, promotions_each)
        self.host_cores = host_cores
        self.seed = seed
        self.background = _Background(scenario, placement, self.itineraries)
        self._steps: dict[int, tuple[Step, ...]] = {}

    def throughput(self, expected_pps: float, packets: int = 12_000) -> Simulated:
        """As many packets as the machine takes: whenever one is done, the next one is there. So many are on their way
        that all threads are busy, and, up to about `expected_pps`, all links are full. A window is `packets` long."""
        run = self._start()

        def following() -> None:
            run.done += 1
            send()

        def send() -> None:
            index = run.draw()
            trip = self.trips[index]
            run.machine.send((*self.itineraries.entry(trip), *self.steps(index)), following)
            self.background.packet(run.machine, run.rng, resident=bool(self.served[index]), trip=trip)

        self.background.begin(run.machine)
        for _ in range(self._in_flight(expected_pps)):
            send()
        before = rate_pps = 0.0
        for window in range(1, MOST_WINDOWS + 1):
            began_ns, before = run.machine.now_ns, rate_pps
            run.machine.run(lambda wanted=window * packets: run.done >= wanted)
            rate_pps = 1e9 * packets / (run.machine.now_ns - began_ns)
            if abs(rate_pps - before) < SETTLED * rate_pps:
                break
        return Simulated(packets, (rate_pps + before) / 2, None, run.busy_cores(0.0, {}))

    def at_rate(self, rate_pps: float, packets: int = 20_000) -> Simulated:
        """Packets that come at a rate, with the variability of arrivals that the model says. A rate that the machine
        can't carry gives times that grow with the number of packets."""
        run = self._start()
        warm_up = packets // 5
        warm_ns, warm_busy_ns = 0.0, dict[str, float]()
        scv = 1.0 if (arrivals := self.scenario.model.wire.arrivals_scv) is None else arrivals.value
        taken: list[tuple[int, float, float]] = []

        def arrive() -> None:
            if run.sent == warm_up + packets:
                return
            nonlocal warm_ns, warm_busy_ns
            index, number, began_ns = run.draw(), run.sent, run.machine.now_ns
            if number == warm_up:
                warm_ns, warm_busy_ns = began_ns, run.busy_ns()
            run.sent += 1

            def over() -> None:
                run.done += 1
                if number >= warm_up:
                    taken.append((index, began_ns, run.machine.now_ns))

            run.machine.send(self.steps(index), over)
            self.background.packet(run.machine, run.rng, resident=bool(self.served[index]), trip=self.trips[index])
            run.machine.at(began_ns + run.rng.gammavariate(1 / scv, scv) * 1e9 / rate_pps, arrive)

        self.background.begin(run.machine)
        arrive()
        run.machine.run(lambda: run.done >= warm_up + packets)
        span_ns = max(end for _, _, end in taken) - min(begin for _, begin, _ in taken)
        busy = run.busy_cores(warm_ns, warm_busy_ns)
        return Simulated(len(taken), 1e9 * len(taken) / span_ns, self._latency(taken), busy)

    def steps(self, index: int) -> tuple[Step, ...]:
        found = self._steps.get(index)
        if found is None:
            resident = bool(self.served[index])
            found = self._steps[index] = self.itineraries.steps(self.trips[index], resident=resident)
        return found

    def _threads(self) -> dict[str, tuple[int, int]]:
        """Cores and threads a core by engine."""
        engines = self.scenario.model.engines
        threads = {e.name: (max(1, round(e.count.value)), max(1, round(e.threads.value))) for e in engines}
        return threads | {self.scenario.model.host.name: (self.host_cores, 1)}

    def _in_flight(self, expected_pps: float) -> int:
        some = range(0, len(self.trips), max(1, len(self.trips) // 100))
        alone_s = sum(_alone_ns(self.steps(index)) for index in some) / len(some) / 1e9
        threads = sum(count * each for count, each in self._threads().values())
        return 64 + 2 * threads + ceil(1.5 * alone_s * expected_pps)

    def _start(self) -> _Run:
        rng = random.Random(self.seed)
        return _Run(Machine(self._threads(), rng), rng, len(self.trips))

    def _latency(self, taken: list[tuple[int, float, float]]) -> Latency:
        chosen = [t for t in taken if self.trips[t[0]].forwarded] or taken
        times = np.array([end - begin for _, begin, end in chosen])
        alone = sum(_alone_ns(self.steps(index)) for index, _, _ in chosen) / len(chosen)
        p50, p99 = (float(q) for q in np.quantile(times, (0.5, 0.99)))
        return Latency(alone, float(times.mean()), p50, p99)


def _alone_ns(steps: tuple[Step, ...]) -> float:
    """What a packet takes if no other is there."""
    total = 0.0
    for step in steps:
        match step:
            case Run(time_ns) | Delay(time_ns):
                total += time_ns
            case Pass(after_ns=after_ns):
                total += after_ns
            case Arrive() | Leave() | Post():
                pass
    return total


@dataclass(slots=True)
class _Run:
    machine: Machine
    rng: random.Random
    packets: int
    sent: int = 0
    done: int = 0
    _left: list[int] = field(default_factory=list[int])

    def busy_ns(self) -> dict[str, float]:
        return {name: self.machine.busy_ns(name) for name in self.machine.engines}

    def busy_cores(self, since_ns: float, before_ns: dict[str, float]) -> dict[str, float]:
        """By engine, on average since then, when cores had been busy for so long."""
        span_ns = self.machine.now_ns - since_ns
        return {name: (ns - before_ns.get(name, 0.0)) / span_ns for name, ns in self.busy_ns().items()}

    def draw(self) -> int:
        """Each packet of the trace comes once before any comes again: so few packets have the shares of the trace."""
        if not self._left:
            self._left = list(range(self.packets))
            self.rng.shuffle(self._left)
        return self._left.pop()


def _promotions_each(scenario: Scenario, trips: Trips, served: bytearray) -> float:
    """Copies that are given for each packet that misses and comes back."""
    asking = sum(1 for trip, hit in zip(trips.trips, served, strict=True) if trip.forwarded and not hit)
    if scenario.tier < 0 or not asking:
        return 0.0
    return scenario.profile.tier(scenario.tier).promotions / asking


class _Background:
    """What the control plane does beside the packets: gives copies, sweeps tables, and keeps the daemon running."""

    def __init__(self, scenario: Scenario, placement: Placement, itineraries: Itineraries) -> None:
        self.model = scenario.model
        self.itineraries = itineraries
        self.sweeping_ns = _sweeping_ns(scenario, placement)
        self.owed_ns = 0.0

    def packet(self, machine: Machine, rng: random.Random, *, resident: bool, trip: Trip) -> None:
        """What one packet gives to do."""
        if not resident and trip.forwarded and self.itineraries.promotions_each:
            given = int(self.itineraries.promotions_each + rng.random())
            for holder in self.itineraries.holders if given else ():
                for engine in (self.model.host, self.model.engine(holder)):
                    cost = engine.promotion_cycles
                    self._work(
                        machine,
                        engine.name,
                        0.0 if cost is None else given * self.itineraries.ns(engine.name, cost.value),
                    )
        self.owed_ns += self.sweeping_ns
        if self.owed_ns >= WORK_NS:
            self._work(machine, self.model.host.name, self.owed_ns)
            self.owed_ns = 0.0

    def begin(self, machine: Machine) -> None:
        """The floor of the host: observation, expiry, the daemon."""
        host = self.model.host
        share = 0.0 if host.floor_cores is None else host.floor_cores.value
        if not share:
            return

        def again() -> None:
            self._work(machine, host.name, WORK_NS)
            machine.at(machine.now_ns + WORK_NS / share, again)

        again()

    def _work(self, machine: Machine, engine: str, time_ns: float) -> None:
        if time_ns:
            machine.send((Arrive(engine), Run(time_ns), Leave(engine)), _nothing)


def _sweeping_ns(scenario: Scenario, placement: Placement) -> float:
    """Of the host, for each packet: looking at the entries of tables on other engines."""
    total = 0.0
    for index, choice in enumerate(placement.groups):
        partial = scenario.is_partial(index, choice)
        name = choice.holder if partial else "" if choice.holder else choice.owner
        sweep = scenario.model.engine(name).sweep if name else None
        if sweep is not None:
            states, engine = scenario.graph.groups[index].states, scenario.model.engine(name)
            looked_at = sum(scenario.swept_per_s(f.name, engine, copy=partial) for f in states)
            total += looked_at * sweep.per_entry_ns.value / scenario.rate_pps
    return total


def _nothing() -> None:
    pass
