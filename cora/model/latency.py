"""How long packets take under a placement: service, crossing and queues. docs/models.md, "Latency", derives it.

Every resource whose demand grows with the rate is a station. Cores, threads and links serve a packet once a visit, for
as long as it needs; ceilings of operations/s (memories, insertions, packets, hot cells) are passed by each operation,
a slot at a time. Without queues a packet takes the sum of what its journey asks for: cycles and waits for memory by the
clock of their engine, the latency of each link that it takes and its bits over the bandwidth.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cora.model.charges import Charge, Meter
from cora.model.evaluate import Evaluation, Journey, packets_in_flight
from cora.model.figures import Latency
from cora.model.queueing import FULL, Journeys, Wait, sharing, waiting
from cora.model.resources import Resource, Row, resources
from cora.model.scenario import Scenario
from cora.model.schema import Engine, Number

BUSIEST_HOST = 0.8
"""A plan for the fewest host cores is given as many as keep them no busier, one at least. With fewer the model would
still say that they suffice, and packets would wait without end."""
QUANTILES = (0.5, 0.99)


@dataclass(frozen=True, slots=True)
class _Station:
    name: str
    wait: Wait | None
    """None if its queue grows without bound."""
    visits: tuple[float, ...]
    """By journey: how often a packet that comes to its end has waited here."""


class Latencies:
    """Latencies of all packets and of each class under an evaluated placement. `host_cores` as in `evaluate`; `share`
    of the scenario's rate is what comes, with the working sets of the whole."""

    def __init__(
        self, scenario: Scenario, evaluation: Evaluation, host_cores: float | None = None, share: float = 1.0
    ) -> None:
        self.scenario = scenario
        self.journeys = evaluation.journeys
        self.stations = _stations(scenario, evaluation, host_cores, share)
        in_flight = dict(packets_in_flight(scenario.model))
        self.unloaded_ns = tuple(_unloaded_ns(scenario, in_flight, journey) for journey in self.journeys)

    def all(self, *, quantiles: bool = True) -> Latency:
        """Of the packets that are forwarded; of all if none is."""
        chosen = [i for i, journey in enumerate(self.journeys) if journey.load.forwarded]
        return self._of(chosen or range(len(self.journeys)), quantiles=quantiles)

    def of_class(self, name: str) -> Latency:
        """Of a class; dropped packets until they are."""
        return self._of([i for i, journey in enumerate(self.journeys) if journey.load.name == name])

    def _of(self, chosen: Iterable[int], *, quantiles: bool = True) -> Latency:
        chosen = list(chosen)
        rates = [self.journeys[i].pps for i in chosen]
        fixed = [self.unloaded_ns[i] for i in chosen]
        unloaded = sum(map(_times, rates, fixed)) / sum(rates)
        met = [station for station in self.stations if any(station.visits[i] for i in chosen)]
        if full := next((station.name for station in met if station.wait is None), ""):
            return Latency(unloaded, None, None, None, full)
        visits = tuple(tuple(station.visits[i] for station in met) for i in chosen)
        waits = tuple(station.wait for station in met if station.wait is not None)
        law = Journeys(tuple(rates), tuple(fixed), visits, waits)
        p50, p99 = law.quantiles_ns(QUANTILES) if quantiles else (None, None)
        return Latency(unloaded, law.mean_ns, p50, p99)


def _times(a: float, b: float) -> float:
    return a * b


def _value(number: Number | None, default: float) -> float:
    return default if number is None else number.value


def _unloaded_ns(scenario: Scenario, in_flight: Charge, journey: Journey) -> float:
    """`in_flight`: `packets_in_flight` of the model, by meter."""
    ways = (journey.inwards, journey.outwards) if journey.load.forwarded else (journey.inwards,)
    wire = len(ways) * _value(scenario.model.wire.latency_ns, 0.0)
    return wire + 1e9 * sum(in_flight.get(meter, 0.0) * amount for way in ways for meter, amount in way.items())


# ---------------------------------------------------------------- stations


def _stations(
    scenario: Scenario, evaluation: Evaluation, host_cores: float | None, share: float
) -> tuple[_Station, ...]:
    rows = {row.resource: row for row in evaluation.rows}
    stations = [
        _station(scenario, evaluation.journeys, what, rows[what.name], host_cores, share)
        for what in resources(scenario, host_cores)
        if what.scales and what.name in rows
    ]
    shared = (_shared_cores(scenario, evaluation.journeys, engine, share) for engine in scenario.engines)
    return (*stations, *(s for s in shared if s is not None), *_port(scenario, evaluation.journeys, share))


def _shared_cores(scenario: Scenario, journeys: Sequence[Journey], engine: Engine, share: float) -> _Station | None:
    """What threads of one core wait for each other: once after each operation on memory. None without such threads."""
    memories = [memory.name for memory in scenario.model.memories_of(engine.name)]
    operations: list[Meter] = [(kind, name) for name in memories for kind in ("read", "write", "atomic")]
    threads = round(engine.threads.value)
    bursts: list[float] = []
    packets = computing = waiting_cycles = total = 0.0
    for journey in journeys:
        ways = (journey.inwards, journey.outwards) if journey.load.forwarded else (journey.inwards,)
        cycles = sum(way.get(("cycles", engine.name), 0.0) for way in ways)
        count = sum(way.get(meter, 0.0) for way in ways for meter in operations) + 1 if cycles else 0.0
        bursts.append(count)
        packets += journey.pps if cycles else 0.0
        total += journey.pps * count
        computing += journey.pps * cycles
        waiting_cycles += journey.pps * sum(way.get(("wait", engine.name), 0.0) for way in ways)
    if threads < 2 or not waiting_cycles:
        return None
    ns = 1e9 / engine.clock_hz.value / packets
    load = share * (computing + waiting_cycles) / engine.clock_hz.value / engine.count.value
    if load >= threads:
        return None  # the station of the threads says that it is full
    wait = sharing(ns * computing, ns * waiting_cycles, total / packets, threads, load)
    return _Station(f"{engine.name} cores among threads", wait, tuple(bursts))


def _station(
    scenario: Scenario,
    journeys: Sequence[Journey],
    what: Resource,
    row: Row,
    host_cores: float | None,
    share: float,
) -> _Station:
    asked = [[_amount(what, way) for way in (j.inwards, j.outwards)] for j in journeys]
    ended = [sum(map(bool, a)) if j.load.forwarded else float(a[0] > 0) for j, a in zip(journeys, asked, strict=True)]
    used = row.per_rate * share + row.fixed
    match what.unit:
        case "cores" | "threads":
            servers, second = what.capacity, 1e9
            if what.name == "host cores" and host_cores is None:
                servers = max(1.0, used / BUSIEST_HOST)
        case "b/s":
            servers, second = 1.0, 1e9 / what.capacity
            used /= what.capacity
        case _:
            slots = [sum(a) if j.load.forwarded else a[0] for j, a in zip(journeys, asked, strict=True)]
            wait = _wait(used / what.capacity, 1.0, 1e9 / what.capacity, _arrivals(scenario, 1.0), 0.0)
            return _Station(what.name, wait, tuple(slots))
    rates = [(journey.pps, second * amount) for journey, ways in zip(journeys, asked, strict=True) for amount in ways]
    service, scv, visits = _moments(rates)
    arrivals = _arrivals(scenario, visits / scenario.rate_pps)
    return _Station(what.name, _wait(used / servers, servers, service, arrivals, scv), tuple(map(float, ended)))


def _amount(what: Resource, charge: Charge) -> float:
    return sum(factor * charge.get(meter, 0.0) for meter, factor in what.terms)


def _port(scenario: Scenario, journeys: Sequence[Journey], share: float) -> tuple[_Station, ...]:
    """The way out: what is forwarded leaves one after the other."""
    wire = scenario.model.wire
    ends = tuple(float(journey.load.forwarded) for journey in journeys)
    frame_ns = [8e9 * (j.load.mean_bytes + wire.framing_bytes) / wire.line_rate_bps.value for j in journeys]
    service, scv, visits = _moments(
        [(j.pps, time) for j, time in zip(journeys, frame_ns, strict=True) if j.load.forwarded]
    )
    arrivals = _arrivals(scenario, visits / scenario.rate_pps)
    found = [_Station("line rate", _wait(share * visits * service / 1e9, 1.0, service, arrivals, scv), ends)]
    if wire.packet_rate is not None:
        slot_ns = 1e9 / wire.packet_rate.value
        found.append(_Station("MAC packets", _wait(share * visits * slot_ns / 1e9, 1.0, slot_ns, arrivals, 0.0), ends))
    return tuple(found)


def _moments(services: Iterable[tuple[float, float]]) -> tuple[float, float, float]:
    """Of (visits/s, ns): the mean, its squared coefficient of variation, and all visits/s."""
    visits = first = second = 0.0
    for rate, time_ns in services:
        if time_ns > 0:
            visits += rate
            first += rate * time_ns
            second += rate * time_ns**2
    if not visits:
        return 0.0, 0.0, 0.0
    mean = first / visits
    return mean, max(0.0, second / visits / mean**2 - 1), visits


def _arrivals(scenario: Scenario, share: float) -> float:
    """Variability of the arrivals where a share of the packets comes to: taking each with a probability p from a stream
    gives p C^2 + 1 - p (Whitt 1983)."""
    share = min(1.0, share)
    return share * _value(scenario.model.wire.arrivals_scv, 1.0) + 1 - share


def _wait(utilisation: float, servers: float, service_ns: float, arrivals: float, services: float) -> Wait | None:
    if utilisation >= FULL:
        return None
    return waiting(utilisation, servers, service_ns, arrivals, services)
