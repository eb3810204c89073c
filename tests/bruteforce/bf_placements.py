"""Every placement of a small graph on a machine, the engines of each packet under it, and its score.

Nothing here asks the analysis or the planner what is safe or allowed. From the graph come the stages, their order and
their accesses; from the machine what its engines can do; from the evaluator's formulas the cost.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

from cora.analysis.graph import CopyForm, Stage, StateGraph, StateGroup
from cora.model.evaluate import measure
from cora.model.placement import GroupChoice, Placement
from cora.model.resources import resource_rows
from cora.model.scenario import Scenario
from cora.model.schema import Engine, Model
from cora.plan.plan import SCHEMA, Plan, Score, StagePlacement, StatePlacement
from cora.traffic.profile import Profile

_FORMS: dict[str, CopyForm] = {
    "table": "full",
    "register": "full",
    "counter": "merged",
    "flow_table": "partial",
}


@dataclass(frozen=True, slots=True)
class Scored:
    placement: Placement
    host_cores: float


class Enumeration:
    """All placements of a graph on a machine at a rate."""

    def __init__(self, graph: StateGraph, profile: Profile, model: Model, rate_pps: float) -> None:
        self.graph = graph
        self.model = model
        self.host = model.host.name
        self.stages = graph.stages
        self.kinds = {state.name: state.kind for state in graph.program.states}
        self.group_of = {facts.name: i for i, group in enumerate(graph.groups) for facts in group.states}
        self.followers = {s.index: [e.target for e in graph.edges if e.source == s.index] for s in graph.stages}
        # What copies would cost is asked for every group, also for those that the analysis refuses to copy.
        opened = replace(graph, groups=tuple(self._opened(group) for group in graph.groups))
        tiers = range(-1, len(profile.tiers) + len(profile.record_tiers))
        self.scenarios = {tier: Scenario(opened, profile, model, rate_pps, tier) for tier in tiers}

    def _opened(self, group: StateGroup) -> StateGroup:
        return replace(group, copies=tuple((f.name, _FORMS[self.kinds[f.name]]) for f in group.states))

    def best_first(self) -> list[Scored]:
        """The placements that fit the machine, those with the fewest host cores first."""
        found = (Scored(p, cores) for p in self.placements() if (cores := self.host_cores(p)) is not None)
        return sorted(found, key=lambda s: s.host_cores)

    # ------------------------------------------------------------ the space

    def placements(self) -> Iterator[Placement]:
        """One engine beside the host at most: the splitter makes two programs. The engine never moves outwards."""
        yield from self._with_near("", frozenset())
        for engine in self.model.stage_engines[:-1]:
            runnable = frozenset(s.index for s in self.stages if self._can_run(s, engine))
            for near in self._beginnings(runnable):
                yield from self._with_near(engine.name, near)

    def _beginnings(self, runnable: frozenset[int]) -> list[frozenset[int]]:
        """Sets of stages with all that comes before each, and so with the parser."""
        before = {s.index: [e.source for e in self.graph.edges if e.target == s.index] for s in self.stages}
        found: list[frozenset[int]] = [frozenset()]
        for stage in self.stages:  # in topological order
            if stage.index in runnable:
                found += [near | {stage.index} for near in found if near.issuperset(before[stage.index])]
        return [near for near in found if 0 in near]

    def _can_run(self, stage: Stage, engine: Engine) -> bool:
        able = engine.capabilities
        for site in stage.accesses:
            if site.kind not in able.accesses or (site.kind == "insert" and not able.data_plane_insert):
                return False
            matches = {key.match for key in self.graph.program.state(site.state).key}
            if site.kind == "lookup" and not matches <= set(able.matches):
                return False
        return True

    def _with_near(self, near: str, stages: frozenset[int]) -> Iterator[Placement]:
        # A state that no stage of near touches is on the host: copies that nothing reads are no different.
        touched = {g for stage in stages for g in self._groups_of(stage)}
        options = [
            list(self._options(group, near if i in touched else "")) for i, group in enumerate(self.graph.groups)
        ]
        for groups in product(*options):
            if any(not self._is_there(s, near, groups) for s in stages):
                continue
            cold = self._cold(near, stages, groups)
            if cold is None or not self._far_has_its_states(cold, stages, groups):
                continue
            hot = tuple(near if s.index in stages else self.host for s in self.stages)
            partial = any(self._is_partial(i, choice) for i, choice in enumerate(groups))
            for tier in self.scenarios:
                if partial == (tier >= 0) and self._served_so(tier, groups):
                    yield Placement(hot, cold, groups, tier)

    def _served_so(self, tier: int, groups: tuple[GroupChoice, ...]) -> bool:
        """The tier's shares of the traffic are those of copies or of records, as the groups have."""
        gaining = [g for g, group in enumerate(self.graph.groups) if group.name in self.graph.sharded_groups]
        held = {groups[g].mode for g in gaining if groups[g].holder}
        records = tier >= 0 and self.scenarios[tier].records
        return held <= {"sharded" if records else "replicated"} and (bool(held) or not records)

    def _options(self, group: StateGroup, near: str) -> Iterator[GroupChoice]:
        yield GroupChoice("exclusive", self.host, "", self.model.memories_of(self.host)[0].name)
        if not near:
            return
        engine = self.model.engine(near)
        able = engine.capabilities
        expires = able.expires_entries or engine.sweep is not None
        states = [self.graph.program.state(facts.name) for facts in group.states]
        expiring = any(s.kind == "flow_table" and s.idle_timeouts_ns for s in states)
        counters = all(s.kind == "counter" for s in states)
        for memory in self.model.memories_of(near):
            if expires or not expiring:
                yield GroupChoice("exclusive", near, "", memory.name)
            if counters:
                yield GroupChoice("merged", self.host, near, memory.name)
            elif able.holds_copies:
                yield GroupChoice("replicated", self.host, near, memory.name)
                if group.name in self.graph.sharded_groups:
                    yield GroupChoice("sharded", self.host, near, memory.name)

    def _groups_of(self, stage: int) -> set[int]:
        return {self.group_of[site.state] for site in self.stages[stage].accesses}

    def _is_there(self, stage: int, engine: str, groups: tuple[GroupChoice, ...]) -> bool:
        return all(engine in (groups[g].owner, groups[g].holder) for g in self._groups_of(stage))

    def _far_has_its_states(self, cold: tuple[str, ...], near: frozenset[int], groups: tuple[GroupChoice, ...]) -> bool:
        on_host = {s.index for s in self.stages if s.index not in near or cold[s.index] == self.host}
        return all(groups[g].owner == self.host for s in on_host for g in self._groups_of(s))

    def _is_partial(self, group: int, choice: GroupChoice) -> bool:
        flow_table = any(self.kinds[f.name] == "flow_table" for f in self.graph.groups[group].states)
        return choice.mode in ("replicated", "sharded") and flow_table

    # ------------------------------------------------------------ where packets run

    def _cold(self, near: str, stages: frozenset[int], groups: tuple[GroupChoice, ...]) -> tuple[str, ...] | None:
        """By stage, the engine of packets without copies: near until a lookup misses its copy, then the host. None if a
        stage would have two, which a placement can't say. A packet counts as cold from its first flow-table lookup."""
        found: dict[int, set[str]] = {s.index: set() for s in self.stages}
        waiting = [(0, near if 0 in stages else self.host, False)]
        seen = set(waiting)
        while waiting:
            stage, here, looked = waiting.pop()
            tables = self._looks_up(stage)
            looked = looked or bool(tables)
            if stage not in stages or any(self._is_partial(g, groups[g]) for g in tables):
                here = self.host
            if looked:
                found[stage].add(here)
            for state in ((target, here, looked) for target in self.followers[stage]):
                if state not in seen:
                    seen.add(state)
                    waiting.append(state)
        if any(len(engines) > 1 for engines in found.values()):
            return None
        hot = {s.index: near if s.index in stages else self.host for s in self.stages}
        return tuple(next(iter(found[s.index]), hot[s.index]) for s in self.stages)

    def _looks_up(self, stage: int) -> set[int]:
        """Groups of the flow tables that a stage looks up."""
        sites = self.stages[stage].accesses
        return {self.group_of[s.state] for s in sites if s.kind == "lookup" and self.kinds[s.state] == "flow_table"}

    def engines_agree(self, placement: Placement) -> bool:
        """A placement made by someone else says of every packet what the split will do with it."""
        near = next((e for e in (*placement.hot, *placement.cold) if e != self.host), "")
        stages = frozenset(i for i, engine in enumerate(placement.hot) if engine == near)
        if set(placement.hot) | set(placement.cold) > {near, self.host}:
            return False
        return self._cold(near, stages, placement.groups) == placement.cold

    # ------------------------------------------------------------ what it costs

    def host_cores(self, placement: Placement) -> float | None:
        """The host cores by the evaluator's formulas, without its rules; None if a resource is overloaded."""
        scenario = self.scenarios[placement.tier]
        demand = measure(scenario, placement)
        rows = resource_rows(scenario, demand, None)
        if any(row.overloaded and row.resource != "host cores" for row in rows):
            return None
        host = self.model.host
        floor = host.floor_cores.value if host.floor_cores is not None else 0.0
        return demand.get(("cycles", host.name), 0.0) / host.clock_hz.value + floor

    # ------------------------------------------------------------ how it is built

    def plan(self, placement: Placement, copy_entries: int) -> Plan:
        """The plan that the splitter takes, with room for so many copies of each flow table."""
        stages = tuple(
            StagePlacement(s.index, s.name, placement.hot[s.index], placement.cold[s.index]) for s in self.stages
        )
        states = tuple(
            StatePlacement(
                group.name, tuple(f.name for f in group.states), c.mode, c.owner,
                (c.holder,) if c.holder else (), copy_entries, c.memory, "",
            )
            for group, c in zip(self.graph.groups, placement.groups, strict=True)
        )  # fmt: skip
        engines = tuple(engine.name for engine in self.model.stage_engines)
        score = Score("", True, 0.0, 0.0, 0.0, "", (), "")
        return Plan(
            SCHEMA, self.graph.program.name, self.model.name, "", "min-cores", 1.0, 1, 0.0, engines, stages, states,
            (), score, (), 0.0, 0.0, (), (),
        )  # fmt: skip
