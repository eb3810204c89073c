"""How fast a program goes on a machine: `Predictor` scores one placement, without building it, under many settings.

Without a profile every packet takes the slowest path of the program and meets the same places of every state, which is
the least that any traffic gets. docs/predicting.md says how each figure comes about.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from cora.analysis.graph import StateGraph
from cora.diagnostics import error
from cora.model.bounds import Limit, limits, reached_pps
from cora.model.charges import Charge, add
from cora.model.evaluate import Evaluation, evaluate
from cora.model.figures import Interval, Latency
from cora.model.latency import Latencies
from cora.model.legality import why_illegal
from cora.model.parameters import Parameter, parameters, with_values
from cora.model.placement import GroupChoice, Placement
from cora.model.scenario import Scenario
from cora.model.schema import Engine, Model
from cora.plan.infeasible import infeasible, overload_words
from cora.plan.planner import plan_and_placement
from cora.plan.prediction import (
    FCS_BYTES,
    SMALLEST_PACKET_BYTES,
    AtLoad,
    Influence,
    Prediction,
    Setting,
    Slowest,
)
from cora.plan.request import PlanRequest, Solver, Strategy
from cora.plan.slowest import Way, slowest_traffic
from cora.plan.task import all_on, host_only
from cora.traffic.profile import Profile, TrafficClass

LOADS = (0.1, 0.5, 0.8, 0.9, 0.95)
"""Shares of the throughput for which latencies are told."""
SAME = 1e-6
"""Rates that agree to this share are one."""
MATTERS = 1e-3
"""Numbers that move the throughput by less don't matter."""


@dataclass(frozen=True, slots=True)
class _Reached:
    scenario: Scenario
    """At the throughput."""
    evaluation: Evaluation
    limits: tuple[Limit, ...]
    pps: float


@dataclass(frozen=True, slots=True)
class _Placed:
    strategy: Strategy
    placement: Placement
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of one setting among many."""

    pps: float
    bps: float
    bottleneck: str
    latency: Latency | None
    """At the rate that is offered; None if none is."""
    doesnt_fit: str
    limits: tuple[Limit, ...]
    """The lowest first."""


class Predictor:
    """`profile` None: without traffic. The placement is that for `base`, and stays for every other setting."""

    def __init__(
        self,
        graph: StateGraph,
        profile: Profile | None,
        model: Model,
        base: Setting | None = None,
        solver: Solver | None = None,
    ) -> None:
        self.graph = graph
        self.profile = profile
        self.model = model
        self.base = base or Setting()
        self.solver = solver or Solver()
        _check(graph, model, self.base)

    # ------------------------------------------------------------ the placement

    @property
    def nic(self) -> Engine | None:
        """The engine next to the host, None where there is only the host."""
        engines = self.model.stage_engines
        return engines[-2] if len(engines) > 1 else None

    @cached_property
    def placed(self) -> _Placed:
        strategy, nic = self.base.strategy, self.nic
        if strategy == "host-only" or (strategy is None and nic is None):
            scenario = self._any_scenario(self.model.host)
            return _Placed("host-only", host_only(scenario))
        if strategy in (None, "nic-only"):
            if nic is None:
                raise infeasible(f"{self.model.name} has no NIC engine that runs stages", "leave --strategy out")
            scenario = self._any_scenario(nic)
            placement = self._in_memories(all_on(scenario, nic.name), nic, nic.state_memory)
            reason = why_illegal(scenario, placement)
            if not reason:
                return _Placed("nic-only", placement)
            if strategy == "nic-only":
                message = f"{nic.name} of {self.model.name} can't run all of {self.graph.program.name}: {reason}"
                raise infeasible(message, "`--strategy ilp` predicts the best split")
            note = f"predicted is the best split, since {nic.name} can't run the whole program: {reason}"
            return dataclasses.replace(self._planned("ilp", nic), notes=(note,))
        return self._planned(strategy, nic or self.model.host)

    def _planned(self, strategy: Strategy, nic: Engine) -> _Placed:
        profile = self.profile_at(self.base, nic)
        request = PlanRequest(
            strategy=strategy, rate_pps=self.base.rate_pps, baselines=False, scale=profile.scale, solver=self.solver
        )
        placement = plan_and_placement(self.graph, profile, self.model_at(self.base), request)[1]
        return _Placed(strategy, self._in_memories(placement, nic, ""))

    def _any_scenario(self, engine: Engine) -> Scenario:
        profile = self.profile_at(self.base, engine)
        return Scenario(self.graph, profile, self.model_at(self.base), profile.rate_pps, -1)

    def _in_memories(self, placement: Placement, nic: Engine, otherwise: str) -> Placement:
        """The placement with the states of the NIC in the memories that the user, or else the device, wants."""
        wanted = {facts.name: i for i, group in enumerate(self.graph.groups) for facts in group.states}
        pinned = {wanted[state]: memory for state, memory in self.base.memories}
        found: list[GroupChoice] = []
        for index, choice in enumerate(placement.groups):
            memory = pinned.get(index, self.base.memory or otherwise)
            there = nic.name in (choice.holder or choice.owner,)
            found.append(dataclasses.replace(choice, memory=memory) if memory and there else choice)
        return dataclasses.replace(placement, groups=tuple(found))

    # ------------------------------------------------------------ settings

    def model_at(self, setting: Setting) -> Model:
        """The model with as many cores as are asked for."""
        model = self.model
        if setting.cores is not None:
            model = _with_count(model, (self.nic or model.host).name, setting.cores)
        if setting.host_cores is not None:
            model = _with_count(model, model.host.name, setting.host_cores)
        return model

    def profile_at(self, setting: Setting, engine: Engine | None = None) -> Profile:
        """The traffic of a setting: that of the trace, or, without one, packets on the slowest path through `engine`
        (None: through the placement)."""
        if self.profile is None:
            return self._slowest_traffic(setting, engine)[0]
        return with_flows(with_size(self.profile, setting.packet_bytes), setting.flows)

    def _slowest_traffic(self, setting: Setting, engine: Engine | None) -> tuple[Profile, Way]:
        model = self.model_at(setting)
        frame = (setting.packet_bytes or SMALLEST_PACKET_BYTES) - FCS_BYTES
        if engine is not None:  # to place the program: the path with most cycles
            return slowest_traffic(self.graph, model, engine, frame, lambda _: 0.0, setting.flows)
        first = self.placed.placement.hot[-1]
        return slowest_traffic(
            self.graph, model, model.engine(first), frame, lambda p: self._reached(p, model, setting).pps, setting.flows
        )

    # ------------------------------------------------------------ figures

    def outcome(self, setting: Setting) -> Outcome:
        """The throughput of a setting and what belongs to it; quicker than `at`."""
        reached = self._reached(self.profile_at(setting), self.model_at(setting), setting)
        latencies = self._latencies(reached, setting) if setting.rate_pps is not None else ()
        bits = 8 * (reached.scenario.mean_bytes + FCS_BYTES)
        return Outcome(
            reached.pps,
            bits * reached.pps,
            reached.limits[0].resource,
            latencies[0].latency if latencies else None,
            self._doesnt_fit(reached),
            reached.limits,
        )

    def _reached(self, profile: Profile, model: Model, setting: Setting) -> _Reached:
        """The rate at which what is reached is what comes: working sets may grow with it."""
        first = self._at(profile, model, setting, profile.rate_pps)
        then = self._at(profile, model, setting, first.pps) if first.pps > 0 else first
        low, high = sorted((first.pps, then.pps))
        while high - low > SAME * high:
            middle = (low + high) / 2
            then = self._at(profile, model, setting, middle)
            low, high = (low, middle) if then.pps < middle else (middle, high)
        return then

    def _at(self, profile: Profile, model: Model, setting: Setting, rate_pps: float) -> _Reached:
        placement = self.placed.placement
        scenario = Scenario(placement.on(self.graph), profile, model, rate_pps, placement.tier)
        found = evaluate(scenario, placement, setting.host_cores)
        if not found.rows:
            raise infeasible(f"the placement doesn't hold on {model.name}: {found.reason}", "give other settings")
        rates = limits(rate_pps, found.rows)
        return _Reached(scenario, found, rates, reached_pps(rates))

    def _doesnt_fit(self, reached: _Reached) -> str:
        rows = [row for row in reached.evaluation.rows if row.per_rate == 0 and row.overloaded]
        return "; ".join(overload_words(reached.scenario, self.placed.placement, row) for row in rows)

    def at(self, setting: Setting | None = None) -> Prediction:
        """Everything about one setting (None: the base)."""
        setting = setting or self.base
        model, profile = self.model_at(setting), self.profile_at(setting)
        reached = self._reached(profile, model, setting)
        influences, interval = self._over_ranges(reached, setting)
        scenario, placed = reached.scenario, self.placed
        states = [
            (f.name, c) for g, c in zip(self.graph.groups, placed.placement.groups, strict=True) for f in g.states
        ]
        engine = self.nic or model.host
        return Prediction(
            self.graph.program.name,
            model.name,
            model.firmware,
            placed.strategy,
            profile.trace,
            model.engine(engine.name).count.value,
            model.host.count.value,
            scenario.mean_bytes + FCS_BYTES,
            scenario.traffic.flows,
            _cycles(reached),
            tuple((name, choice.memory) for name, choice in states),
            reached.pps,
            interval,
            reached.limits[0].resource,
            reached.limits,
            self._slowest(setting, reached),
            self._latencies(reached, setting),
            influences,
            self._doesnt_fit(reached),
            placed.notes,
        )

    def _slowest(self, setting: Setting, own: _Reached) -> Slowest:
        """Of all paths; where copies of entries tell packets apart, of the classes of the traffic, all of whose packets
        miss."""
        model = self.model_at(setting)
        if self.profile is None or self.placed.placement.tier < 0:
            profile, way = self._slowest_traffic(setting, None)
            reached = own if self.profile is None else self._reached(profile, model, setting)
            names = tuple(self.graph.stages[stage].name for stage in way.stages)
            return Slowest("path of the program", names, way.verdict, reached.pps, reached.limits[0].resource)
        profile = self.profile_at(setting)
        all_of = [(c, self._reached(_only(profile, c), model, setting)) for c in profile.classes]
        slowest, reached = min(all_of, key=lambda each: each[1].pps)
        names = tuple(self.graph.stages[stage].name for stage in slowest.path)
        kind = f"class of the traffic ({slowest.name}), every packet a miss"
        return Slowest(kind, names, slowest.verdict, reached.pps, reached.limits[0].resource)

    def _latencies(self, reached: _Reached, setting: Setting) -> tuple[AtLoad, ...]:
        if reached.pps <= 0:
            return ()
        shares = LOADS if setting.rate_pps is None else (setting.rate_pps / reached.pps,)
        cores = reached.scenario.model.host.count.value if setting.host_cores is None else setting.host_cores
        found: list[AtLoad] = []
        for share in shares:
            law = Latencies(reached.scenario, reached.evaluation, cores, share)
            found.append(AtLoad(share, share * reached.pps, law.all()))
        return tuple(found)

    def _over_ranges(self, reached: _Reached, setting: Setting) -> tuple[tuple[Influence, ...], Interval]:
        """Each uncertain number at either end, and all at once at the ends that are worst and best."""

        def score(values: Mapping[Parameter, float]) -> tuple[float, float]:
            scenario = reached.scenario.on(with_values(reached.scenario.model, values))
            rows = evaluate(scenario, self.placed.placement, setting.host_cores).rows
            if not rows:
                return 0.0, float("inf")
            found = limits(scenario.rate_pps, rows)
            return reached_pps(found), sum(row.used / row.capacity for row in rows if row.capacity)

        return _influences(parameters(reached.scenario.model), reached.pps, score)


def _influences(
    known: tuple[Parameter, ...], own_pps: float, score: Callable[[Mapping[Parameter, float]], tuple[float, float]]
) -> tuple[tuple[Influence, ...], Interval]:
    """What single numbers do, and the interval over all. `score` gives packets/s and how full all resources are
    together: a number that alone moves no bottleneck may do so beside others, so its worse end is the fuller one."""
    found: list[Influence] = []
    worst: dict[Parameter, float] = {}
    best: dict[Parameter, float] = {}
    for p in known:
        (low, low_strain), (high, high_strain) = (score({p: end}) for end in p.ends)
        if low_strain != high_strain:
            worst[p], best[p] = p.ends if low_strain > high_strain else p.ends[::-1]
        if max(abs(low - own_pps), abs(high - own_pps)) > MATTERS * own_pps:
            found.append(Influence(p.name, p.ends[0], p.value, p.ends[1], p.unit, low, high))
    ends = [own_pps, score(worst)[0], score(best)[0], *(i.at_low_pps for i in found), *(i.at_high_pps for i in found)]
    return tuple(sorted(found, key=lambda i: -i.swing_pps)), Interval(min(ends), max(ends))


def _cycles(reached: _Reached) -> tuple[tuple[str, float], ...]:
    total: Charge = {}
    for journey in reached.evaluation.journeys:
        add(total, journey.inwards, journey.pps / reached.scenario.rate_pps)
        add(total, journey.outwards, journey.pps / reached.scenario.rate_pps)
    found = ((engine.name, total.get(("cycles", engine.name), 0.0)) for engine in reached.scenario.engines)
    return tuple((name, cycles) for name, cycles in found if cycles > 0)


def _with_count(model: Model, name: str, cores: float) -> Model:
    count = dataclasses.replace(model.engine(name).count, value=cores, low=cores, high=cores)
    engines = tuple(dataclasses.replace(e, count=count) if e.name == name else e for e in model.engines)
    return dataclasses.replace(model, engines=engines)


def with_size(profile: Profile, packet_bytes: float | None) -> Profile:
    """The profile with packets of one size, check sequence included (None: as they are)."""
    if packet_bytes is None:
        return profile
    frame = packet_bytes - FCS_BYTES
    classes = tuple(dataclasses.replace(c, bytes=round(c.packets * frame)) for c in profile.classes)
    sizes = ((round(frame), profile.packets),)
    return dataclasses.replace(profile, bytes=round(profile.packets * frame), classes=classes, size_histogram=sizes)


def with_flows(profile: Profile, flows: float | None) -> Profile:
    """The profile with so many flows at any rate: the same packets, from more or fewer of them."""
    if flows is None:
        return profile
    k = flows / max(1, profile.flows)
    states = tuple(
        dataclasses.replace(s, entries_peak=round(s.entries_peak * k)) if s.inserts else s for s in profile.states
    )
    tiers, records = (
        tuple(dataclasses.replace(t, entries=round(t.entries * k), peak=round(t.peak * k)) for t in some)
        for some in (profile.tiers, profile.record_tiers)
    )
    return dataclasses.replace(
        profile, flows=round(flows), states=states, tiers=tiers, record_tiers=records, scale="time"
    )


def _only(profile: Profile, one: TrafficClass) -> Profile:
    """As if all packets were of one class, and met no copy."""
    alone = dataclasses.replace(
        one,
        packets=profile.packets,
        bytes=round(one.bytes / one.packets * profile.packets),
        resident_packets=(0,) * len(one.resident_packets),
        record_packets=(0,) * len(one.record_packets),
    )
    return dataclasses.replace(profile, classes=(alone,), bytes=alone.bytes)


def _check(graph: StateGraph, model: Model, setting: Setting) -> None:
    """C0626 for what the program or the machine doesn't have, and for sizes and numbers that make no sense."""
    states = [facts.name for group in graph.groups for facts in group.states]
    nics = [engine.name for engine in model.stage_engines[:-1]]
    memories = [memory.name for memory in model.memories if memory.engine in nics]
    for state, _ in setting.memories:
        if state not in states:
            raise error("C0626", f"there is no state {state!r} to put anywhere", help=f"there are: {', '.join(states)}")
    for memory in (setting.memory, *(name for _, name in setting.memories)):
        if memory and memory not in memories:
            known = f"its memories are: {', '.join(memories)}" if memories else "it has no NIC that runs stages"
            raise error("C0626", f"the NIC of {model.name} has no memory {memory!r}", help=known)
    if setting.packet_bytes is not None and not SMALLEST_PACKET_BYTES <= setting.packet_bytes <= 65_536:
        help = f"give {SMALLEST_PACKET_BYTES} to 65536 bytes, with the check sequence of 4"
        raise error("C0626", f"there are no packets of {setting.packet_bytes:g} bytes", help=help)
    for name in ("cores", "host_cores", "flows", "rate_pps"):
        value = getattr(setting, name)
        if value is not None and not 0 < value < float("inf"):
            raise error("C0626", f"{name.removesuffix('_pps').replace('_', ' ')} must be above 0, not {value:g}",
                        help="leave it out for what the model or the traffic says")  # fmt: skip
