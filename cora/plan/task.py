"""What to plan for, what came of it, and the placements that need no search."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field, replace

from cora.analysis.graph import StateGraph
from cora.model.evaluate import Evaluation, evaluate
from cora.model.legality import why_illegal
from cora.model.placement import GroupChoice, Placement
from cora.model.scenario import Scenario
from cora.model.schema import Model
from cora.plan.ilp import Restriction
from cora.plan.request import Objective, Solver, Strategy
from cora.traffic.profile import Profile

KEPT = 48
"""Scenarios: those of all tiers of a graph and of the one that starts over."""


class Scenarios:
    """The latest scenarios of a task and of those made from it, since strategies look at the same ones and a scenario
    remembers what it was asked. Graphs, profiles and models are told apart by identity."""

    def __init__(self) -> None:
        self._latest: dict[tuple[int, int, int, float, int, bool], Scenario] = {}
        self._over: tuple[StateGraph, StateGraph] | None = None

    def started_over(self, graph: StateGraph) -> StateGraph:
        """`graph.from_the_start()`, the same each time."""
        if self._over is None or self._over[0] is not graph:
            self._over = graph, graph.from_the_start()
        return self._over[1]

    def get(
        self, graph: StateGraph, profile: Profile, model: Model, rate_pps: float, tier: int, reordering: bool
    ) -> Scenario:
        key = id(graph), id(profile), id(model), rate_pps, tier, reordering
        found = self._latest.pop(key, None) or Scenario(graph, profile, model, rate_pps, tier, reordering=reordering)
        self._latest[key] = found  # holds what the key names, and is the latest now
        if len(self._latest) > KEPT:
            del self._latest[next(iter(self._latest))]
        return found


@dataclass(frozen=True, slots=True)
class Task:
    """What to plan for. `rate_pps` is the planned rate, or where the search for the highest begins."""

    graph: StateGraph
    profile: Profile
    model: Model
    objective: Objective
    rate_pps: float
    host_cores: float | None
    solver: Solver
    restriction: Restriction = Restriction()
    reordering: bool = False
    """See `cora.model.scenario.Scenario`."""
    running: Placement | None = None
    """What runs now and costs something to move away from."""
    _scenarios: Scenarios = field(default_factory=Scenarios, compare=False, repr=False)

    def scenario(self, tier: int, rate_pps: float | None = None) -> Scenario:
        """Of the traffic at a rate (the task's own) in a residency tier."""
        return self._scenarios.get(
            self.graph, self.profile, self.model, rate_pps or self.rate_pps, tier, self.reordering
        )

    def scenario_of(self, placement: Placement, rate_pps: float | None = None) -> Scenario:
        """The scenario that a placement is one of."""
        task = self.started_over() if placement.starts_over else self
        return task.scenario(placement.tier, rate_pps)

    def started_over(self) -> Task:
        """The task of plans whose packets start over where they leave an engine."""
        return self if self.graph.starts_over else replace(self, graph=self._scenarios.started_over(self.graph))

    @property
    def tiers(self) -> range:
        """The numbers of all residency tiers that this task may use."""
        limits, engines = self.restriction, self.model.stage_engines[:-1]
        able = any(e.capabilities.in_band and e.capabilities.holds_copies for e in engines)
        records = able and not (limits.exclusive_only or limits.nothing_only_on_nic)
        return range(-1, len(self.profile.tiers) + records * len(self.profile.record_tiers))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a strategy came to: a placement at a rate, scored; or only the reason why there is none."""

    strategy: Strategy
    scenario: Scenario
    placement: Placement | None
    evaluation: Evaluation
    bound: float
    """Host cores that no placement of the strategy goes below; for max-rate the rate that none goes above."""
    host_cores: float | None = None
    """For max-rate, those that are given."""

    @property
    def feasible(self) -> bool:
        return self.placement is not None and self.evaluation.feasible


def host_only(scenario: Scenario) -> Placement:
    """Everything on the host."""
    host = scenario.engines[-1].name
    stages = (host,) * len(scenario.graph.stages)
    return Placement(stages, stages, tuple(scenario.options(g)[0] for g in range(len(scenario.graph.groups))), -1)


def all_on(scenario: Scenario, engine: str) -> Placement:
    """Everything on one engine; each group in the first memory with room for it, those with most accesses first."""
    stages = (engine,) * len(scenario.graph.stages)
    memories = scenario.model.memories_of(engine)
    room = {memory.name: memory.capacity_bytes.value for memory in memories}
    accesses = {load.state: load.accesses_per_s for load in scenario.traffic.states}
    groups = scenario.graph.groups
    busiest = sorted(range(len(groups)), key=lambda g: -sum(accesses.get(f.name, 0.0) for f in groups[g].states))
    chosen: dict[int, GroupChoice] = {}
    for group in busiest:
        sizes = {m.name: sum(scenario.owned_bytes(f.name, m) for f in groups[group].states) for m in memories}
        memory = next((m.name for m in memories if sizes[m.name] <= room[m.name]), memories[-1].name)
        room[memory] -= sizes[memory]
        chosen[group] = GroupChoice("exclusive", engine, "", memory)
    return Placement(stages, stages, tuple(chosen[g] for g in range(len(groups))), -1)


def nothing(reason: str = "no placement satisfies all constraints") -> Evaluation:
    """The evaluation of no placement."""
    return Evaluation(reason, (), 0.0, 0.0, 0.0, "")


def fixed(strategy: Strategy, task: Task, placement: Placement) -> Outcome:
    """The outcome of a placement that no search has chosen."""
    if task.objective == "min-cores":
        scenario = task.scenario_of(placement)
        evaluation = evaluate(scenario, placement)
        return Outcome(strategy, scenario, placement, evaluation, evaluation.host_cores)
    scenario = task.scenario_of(placement, sustained_pps(task, placement) or task.rate_pps)
    evaluation = evaluate(scenario, placement, task.host_cores)
    return Outcome(strategy, scenario, placement, evaluation, scenario.rate_pps, task.host_cores)


def sustained_pps(task: Task, placement: Placement) -> float:
    """The highest rate at which a placement holds on the given host cores, with working sets that grow with it."""
    wire = task.model.wire
    mean_bits = 8 * (task.profile.bytes / task.profile.packets + wire.framing_bytes)
    high = wire.line_rate_bps.value / mean_bits

    def holds(rate_pps: float) -> bool:
        return evaluate(task.scenario_of(placement, rate_pps), placement, task.host_cores).feasible

    if holds(high):
        return high
    low = high * 2**-20
    if not holds(low):
        return 0.0
    while high - low > 1e-7 * high:
        middle = (low + high) / 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low


def tidy(scenario: Scenario, placement: Placement) -> Placement:
    """The placement without copies that no stage uses, with one home for what one engine alone uses, and with copies
    instead of records where they do as well: they cost the same, and more can be done with them."""
    for index, choice in enumerate(placement.groups):
        used = {
            engine
            for stage in scenario.graph.stages
            if index in scenario.stage_groups(stage.index)
            for engine in (placement.hot[stage.index], placement.cold[stage.index])
        }
        if choice.holder and choice.holder not in used:
            placement = _with(placement, index, scenario.options(index)[0])
        elif choice.mode == "sharded":
            placement = _if_legal(scenario, placement, index, dataclasses.replace(choice, mode="replicated"))
        elif choice.holder and used == {choice.holder}:
            alone = GroupChoice("exclusive", choice.holder, "", choice.memory)
            placement = _if_legal(scenario, placement, index, alone)
    return placement


def _with(placement: Placement, group: int, choice: GroupChoice) -> Placement:
    groups = (*placement.groups[:group], choice, *placement.groups[group + 1 :])
    return dataclasses.replace(placement, groups=groups)


def _if_legal(scenario: Scenario, placement: Placement, group: int, choice: GroupChoice) -> Placement:
    changed = _with(placement, group, choice)
    return placement if why_illegal(scenario, changed) else changed
