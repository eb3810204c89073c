"""Scores a placement: walks every traffic class through it and adds up what it asks of each resource.

For every resource the demand is linear in the packet rate (with the working sets of the scenario's rate), so the
throughput is the rate times the smallest capacity / demand; the resource with it is the bottleneck.

What a packet pays: receiving at the first engine; each stage where it runs; on every crossing the sender's and the
receiver's share of the link, receiving again, parsing again and the stages that restart; transmitting where it ends,
and once more on every engine that it passes on its way back. A packet that ends on the host pays its receiving in
every plan.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

from cora.model.charges import Charge, Charges, Meter, add, again_stages
from cora.model.legality import partial_group, probes, why_illegal
from cora.model.placement import Bucket, Placement
from cora.model.resources import Row, resource_rows
from cora.model.scenario import PathLoad, Scenario
from cora.model.schema import Model


@dataclass(frozen=True, slots=True)
class Journey:
    """The packets of a class and bucket: what one of them asks for on its way in, with all that is done to it, and on
    its way back out through the engines that have handed it over."""

    load: PathLoad
    pps: float
    inwards: Charge
    outwards: Charge


@dataclass(frozen=True, slots=True)
class Evaluation:
    """`reason`: why the placement cannot be ("" if it can). Cores are fractions; busy-polling hosts pay whole ones."""

    reason: str
    rows: tuple[Row, ...]
    host_cores: float
    nic_cores: float
    throughput_pps: float
    bottleneck: str
    in_flight: float = 0.0
    """Packets on their way at once if none queues: the rate times their mean latency (`packets_in_flight`)."""
    journeys: tuple[Journey, ...] = ()

    @property
    def feasible(self) -> bool:
        return not self.reason


@dataclass(slots=True)
class ResidencyDemand:
    """What telling resident packets from others asks for, per second, in two stages: the *probe*, a stage that looks up
    the copies (or records) of `holder`, and for packets that miss the same stage again, the *lookup* on the owner. Both
    are part of what `measure` gives; packets that don't come by the holder look up on the owner without a probe."""

    stage: int
    group: int
    holder: str
    owner: str
    asked_pps: float = 0.0
    missed_pps: float = 0.0
    probe: Charge = field(default_factory=Charge)
    lookup: Charge = field(default_factory=Charge)


def evaluate(scenario: Scenario, placement: Placement, host_cores: float | None = None) -> Evaluation:
    """The evaluation at the scenario's rate. `host_cores` limits the host; None takes the model's count for the
    throughput and doesn't hold the host's load against the placement, since cores are what is asked for."""
    reason = why_illegal(scenario, placement)
    if reason:
        return Evaluation(reason, (), 0.0, 0.0, 0.0, "")
    walk = _Walk(scenario, placement)
    demand = walk.demand()
    rows = resource_rows(scenario, demand, host_cores)
    over = [r for r in rows if r.overloaded and (host_cores is not None or r.resource != "host cores")]
    reached, bottleneck = throughput(scenario.rate_pps, rows)
    host = scenario.model.host
    floor = host.floor_cores.value if host.floor_cores is not None else 0.0
    cores = {e.name: demand.get(("cycles", e.name), 0.0) / e.clock_hz.value for e in scenario.engines}
    return Evaluation(
        "; ".join(row.overload() for row in over),
        rows,
        cores[host.name] + floor,
        sum(cores[e.name] for e in scenario.engines[:-1]),
        reached,
        bottleneck,
        sum(factor * demand.get(meter, 0.0) for meter, factor in packets_in_flight(scenario.model)),
        tuple(walk.journeys),
    )


def packets_in_flight(model: Model) -> list[tuple[Meter, float]]:
    """By Little's law, what each meter adds to the packets that are on their way at once if nobody queues: seconds of
    an engine, computing or waiting for memory, and of the links. Work of the control plane is among it."""
    terms: list[tuple[Meter, float]] = []
    for engine in model.engines:
        per_cycle = 1 / engine.clock_hz.value
        terms.append((("cycles", engine.name), per_cycle))
        terms.append((("wait", engine.name), per_cycle))
    for link in model.links:
        per_bit = 1 / link.bandwidth_bps.value
        terms.append((("inwards", link.name), per_bit))
        terms.append((("outwards", link.name), per_bit))
        terms.append((("passages", link.name), link.latency_ns.value / 1e9))
    return terms


def throughput(rate_pps: float, rows: tuple[Row, ...]) -> tuple[float, str]:
    """The rate at which the first row is full, and its name; rows whose demand doesn't grow are not asked."""
    scaling = [row for row in rows if row.per_rate > 0]
    tightest = min(scaling, key=lambda row: (row.capacity - row.fixed) / row.per_rate)
    return max(0.0, rate_pps * (tightest.capacity - tightest.fixed) / tightest.per_rate), tightest.resource


def measure(scenario: Scenario, placement: Placement) -> Charge:
    """What a legal placement asks of every meter at the scenario's rate."""
    return _Walk(scenario, placement).demand()


def residency_demand(scenario: Scenario, placement: Placement) -> tuple[ResidencyDemand, ...]:
    """Of a legal placement, for each stage that probes: its demand on either side."""
    walk = _Walk(scenario, placement)
    return tuple(walk.residency[stage] for stage in sorted(walk.residency))


def owner_left_alone(scenario: Scenario, placement: Placement, group: int) -> bool:
    """The owner works on what the copies of a group leave: resident packets are all looked up on the holder."""
    choice = placement.groups[group]
    stages = scenario.hot_lookups(group)
    given = choice.mode in ("replicated", "sharded")
    return given and bool(stages) and all(placement.hot[s] == choice.holder for s in stages)


class _Walk:
    def __init__(self, scenario: Scenario, placement: Placement) -> None:
        self.scenario = scenario
        self.placement = placement
        self.charges = Charges(scenario)
        self.left = [owner_left_alone(scenario, placement, group) for group in range(len(placement.groups))]
        self.residency = self._probing()
        self.journeys = [self.journey(load, bucket, pps) for load in scenario.classes for bucket, pps in load.buckets()]

    def _probing(self) -> dict[int, ResidencyDemand]:
        """By stage that tells resident packets from others."""
        scenario, placement = self.scenario, self.placement
        found: dict[int, ResidencyDemand] = {}
        for stage in sorted(scenario.lookups):
            holder = placement.hot[stage]
            if probes(scenario, placement, stage, holder):
                group = partial_group(scenario, placement, stage, holder)
                found[stage] = ResidencyDemand(stage, group, holder, placement.cold[stage])
        return found

    def demand(self) -> Charge:
        """Per second, of all packets and of what is there at rest."""
        total: Charge = {}
        for journey in self.journeys:
            add(total, journey.inwards, journey.pps)
            add(total, journey.outwards, journey.pps)
        self.at_rest(total)
        return total

    def journey(self, load: PathLoad, bucket: Bucket, pps: float) -> Journey:
        """Walks a packet of a class and bucket along its path."""
        here = self.placement.engine(load.path[0], load.bucket_at(0, bucket))
        visited = [here]
        there: Charge = {}
        add(there, self.charges.arrive(here, load.mean_bytes))
        for position, stage in enumerate(load.path):
            placed_by = load.bucket_at(position, bucket)
            engine = self.placement.engine(stage, placed_by)
            asked = self.residency.get(stage)
            missed = placed_by == "cold" and self.probe(there, load.path[position - 1], stage, here, pps)
            if engine != here:
                self.cross(there, load, position, here, engine)
                visited.append(engine)
                here = engine
            done = self.run(there, stage, engine, left=placed_by == "cold")
            if asked is not None and missed:
                asked.missed_pps += pps
                add(asked.lookup, done, pps)
            elif asked is not None and placed_by == "hot":
                asked.asked_pps += pps
                add(asked.probe, done, pps)
        add(there, self.charges.finish(load, here))
        back: Charge = {}
        for outer, inner in pairwise(visited):
            add(back, self.charges.go_back(load, outer, inner))
        add(back, self.charges.to_wire(load, visited[0]))
        return Journey(load, pps, there, back)

    def run(self, total: Charge, stage: int, engine: str, *, left: bool = False) -> Charge:
        """Adds what it takes a packet to run a stage, and returns it."""
        done: Charge = {}
        add(done, self.charges.stage(stage, engine))
        for group in self.scenario.stage_groups(stage):
            choice = self.placement.groups[group]
            only_left = left and self.left[group] and engine == choice.owner
            add(done, self.charges.access(stage, group, engine, choice, left=only_left))
        add(total, done)
        return done

    def probe(self, total: Charge, before: int, stage: int, here: str, pps: float) -> bool:
        """A cold packet runs the lookup on the holder of the copy first; False if it didn't come by the holder."""
        asked = self.residency.get(stage)
        if asked is None or here != asked.holder or here != self.placement.hot[before]:
            return False
        asked.asked_pps += pps
        add(asked.probe, self.run(total, stage, here), pps)
        return True

    def cross(self, total: Charge, load: PathLoad, position: int, here: str, there: str) -> None:
        restart = self.scenario.routes.restart(load.path, position, self.placement.held(here))
        live_bits = self.scenario.live_bits(restart)
        add(total, self.charges.cross(here, there, load.mean_bytes, live_bits))
        for stage in again_stages(load, position, restart):
            self.run(total, stage, there)

    def at_rest(self, total: Charge) -> None:
        """Promotions, memory and code."""
        for holder in self.scenario.holders(self.placement):
            add(total, self.charges.promotions(holder))
        for group, choice in enumerate(self.placement.groups):
            add(total, self.charges.residence(group, choice))
        for stage in range(len(self.scenario.graph.stages)):
            for engine in {self.placement.hot[stage], self.placement.cold[stage]}:
                add(total, self.charges.code(stage, engine))
