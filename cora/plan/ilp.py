"""The optimiser's integer program, for one scenario (one rate, one residency tier).

Decision variables
    x[s, b, e]   stage s runs on engine e for packets of bucket b (hot, cold)
    y[g, o]      state group g lives as option o says (mode, owner, holder of copies, memory)
    c[k, e, f]   transition k (an edge of the graph, with the buckets before and after) goes from engine e to f; shares
                 of it by where packets are taken up (`cora.plan.leaving`)
    u[.., o]     a share of an x (or of a rerun, or of a probe) by the option of the group that it accesses
Rates are constants, so every demand is linear. c and u are continuous: once x and y are integral, so are they.
The residency tier is not a variable: there are few, `cora.plan.solve` tries each, and so working sets are constants.

What can be decided while building is: a crossing that conflicts whatever is copied has no variable, shares stand only
where options differ in cost, and equal conditions of one variable are written once.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from cora.analysis.graph import StageEdge
from cora.model.charges import Charge, Charges, Meter, add
from cora.model.placement import BUCKETS, Bucket, GroupChoice, Placement
from cora.model.resources import Resource, resources, wire_rows
from cora.model.routes import Transition
from cora.model.scenario import PathLoad, Scenario
from cora.plan.leaving import Candidates, Leaving
from cora.plan.linear import LinearProgram, Terms, combine, total


@dataclass(frozen=True, slots=True)
class Restriction:
    """What a strategy or a user takes away from the choices."""

    exclusive_only: bool = False
    """State-only: no copies, and all packets of a stage in one place."""
    nothing_only_on_nic: bool = False
    """Traffic-only: no state may live on the NIC alone."""
    fixed_only: bool = False
    """Max-offload: without a cost model only what doesn't depend on the rate counts: memory and code."""
    pin_stages: tuple[tuple[int, str], ...] = ()
    pin_groups: tuple[tuple[int, str], ...] = ()
    exclude_stages: tuple[tuple[int, str], ...] = ()
    """The stage doesn't run on the engine, for no packets."""
    exclude_groups: tuple[tuple[int, str], ...] = ()
    """The group has neither its home nor copies on the engine."""
    choices: tuple[tuple[int, GroupChoice], ...] = ()
    """Groups that live in one given way."""
    relaxed: frozenset[str] = frozenset()
    """Names of resources that are not enforced."""


Parts = dict[tuple[int, tuple[int, ...]], tuple[Charge, ...]]
"""By group and its options that allow what is run: what the accesses cost under each of these."""


@dataclass(slots=True)
class Condition:
    """Stages that a variable makes an engine run."""

    variable: int
    engine: str
    parts: Parts = field(default_factory=Parts)

    def add(self, parts: Parts, times: float = 1.0) -> None:
        for key, costs in parts.items():
            sums = self.parts.setdefault(key, tuple({} for _ in costs))
            for so_far, cost in zip(sums, costs, strict=True):
                add(so_far, cost, times)


@dataclass(frozen=True, slots=True)
class Run:
    """What it costs an engine to run some stages for one packet: their cycles, and their accesses."""

    cost: Charge
    parts: Parts


class Ilp:
    """Builds the constraints; `cora.plan.solve` adds objectives and solves."""

    def __init__(self, scenario: Scenario, restriction: Restriction, host_cores: float | None) -> None:
        self.scenario = scenario
        self.restriction = restriction
        self.charges = Charges(scenario)
        self.program = LinearProgram()
        self.engines = [engine.name for engine in scenario.engines]
        self.host = self.engines[-1]
        self.meters: defaultdict[Meter, Terms] = defaultdict(dict)
        self.options = [self._options(g) for g in range(len(scenario.graph.groups))]
        self._allowed: dict[tuple[int, int, Bucket, str], tuple[int, ...]] = {}
        self._runs: dict[tuple[tuple[int, ...], str], Run] = {}
        self.x: dict[tuple[int, Bucket, str], int] = {}
        self.y: dict[tuple[int, int], int] = {}
        self.resources: tuple[Resource, ...] = resources(scenario, host_cores)
        self.wire_use = max(row.used / row.capacity for row in wire_rows(scenario))
        self.rates = self._run_rates()
        self._choices()
        self._stages()
        self._owners_working_set()
        self.crossings: defaultdict[tuple[int, int, str, str], list[int]] = defaultdict(list)
        self.leaving = Leaving(scenario, self.program, self.options, self.y)
        self._transitions()
        self._misses()
        self._ends()
        self._at_rest()
        self._pins()

    # ------------------------------------------------------------ small helpers

    def charge(self, variable: int, charge: Charge, times: float = 1.0) -> None:
        for meter, amount in charge.items():
            if amount and times:
                terms = self.meters[meter]
                terms[variable] = terms.get(variable, 0.0) + amount * times

    def total(self, terms: Iterable[tuple[Meter, float]]) -> Terms:
        result: Terms = {}
        for meter, factor in terms:
            for variable, amount in self.meters[meter].items():
                result[variable] = result.get(variable, 0.0) + factor * amount
        return result

    def at_most_sum(self, variable: int, others: Iterable[int]) -> None:
        """variable <= sum of the others"""
        self.program.at_most(combine({variable: 1.0}, total(others, -1.0)), 0.0)

    def stage(self, stage: int, bucket: Bucket, engine: str) -> int:
        """x; a stage that no cold packet reaches as such has one placement."""
        if bucket == "cold" and stage not in self.scenario.routes.after_lookup:
            bucket = "hot"
        return self.x[stage, bucket, engine]

    # ------------------------------------------------------------ groups and stages

    def _options(self, group: int) -> tuple[GroupChoice, ...]:
        limits = self.restriction
        found = self.scenario.options(group)
        if limits.exclusive_only:
            found = tuple(o for o in found if o.mode == "exclusive")
        if limits.nothing_only_on_nic:
            host = self.scenario.engines[-1].name
            found = tuple(o for o in found if o.owner == host and o.mode != "sharded")
        away = {engine for g, engine in limits.exclude_groups if g == group}
        chosen = [choice for g, choice in limits.choices if g == group]
        found = tuple(o for o in found if not away & {o.owner, o.holder} and all(o == c for c in chosen))
        # The shares of a tier of records are those of a NIC that has them.
        sharded = tuple(o for o in found if o.mode == "sharded")
        return sharded or found

    def _choices(self) -> None:
        for group, options in enumerate(self.options):
            for index in range(len(options)):
                self.y[group, index] = self.program.variable(integer=True)
            self.program.equal(total(self.y[group, i] for i in range(len(options))), 1.0)
        self._one_partition()

    def _one_partition(self) -> None:
        """All sharded groups tell packets apart by one key: one partition is chosen, and they are in it."""
        sharded = {
            self.scenario.graph.groups[group].name: [
                self.y[group, i] for i, o in enumerate(options) if o.mode == "sharded"
            ]
            for group, options in enumerate(self.options)
            if any(o.mode == "sharded" for o in options)
        }
        if len(sharded) < 2:
            return
        chosen = {p.group: self.program.variable() for p in self.scenario.graph.partitions}
        self.program.at_most(total(chosen.values()), 1.0)
        for name, variables in sharded.items():
            fitting = [chosen[p.group] for p in self.scenario.graph.partitions if name in p.groups]
            self.program.at_most(combine(total(variables), total(fitting, -1.0)), 0.0)

    def allowed(self, stage: int, group: int, bucket: Bucket, engine: str) -> tuple[int, ...]:
        """Options of a group under which a stage may run on an engine."""
        key = stage, group, bucket, engine
        found = self._allowed.get(key)
        if found is None:
            allows = self.scenario.allows
            found = tuple(i for i, o in enumerate(self.options[group]) if allows(stage, group, bucket, engine, o))
            self._allowed[key] = found
        return found

    def _stages(self) -> None:
        scenario = self.scenario
        for stage in range(len(scenario.graph.stages)):
            unable = {e: bool(scenario.can_run(stage, e)) for e in self.engines}
            buckets = BUCKETS if stage in scenario.routes.after_lookup else BUCKETS[:1]
            for bucket in buckets:
                known = scenario.known_as(stage, bucket)
                for engine in self.engines:
                    x = self.program.variable(integer=True)
                    self.x[stage, bucket, engine] = x
                    if unable[engine]:
                        self.program.fix(x, 0.0)
                        continue
                    rate = self.rates[stage, bucket]
                    self.charge(x, self.charges.stage(stage, engine), rate)
                    condition = Condition(x, engine)
                    self.accesses(condition, stage, known, rate)
                    self.require(condition)
                self.program.equal(total(self.x[stage, bucket, e] for e in self.engines), 1.0)
            if self.restriction.exclusive_only and len(buckets) == 2:
                for engine in self.engines:
                    self.program.equal({self.x[stage, "hot", engine]: 1.0, self.x[stage, "cold", engine]: -1.0}, 0.0)

    def _run_rates(self) -> defaultdict[tuple[int, Bucket], float]:
        rates: defaultdict[tuple[int, Bucket], float] = defaultdict(float)
        for load in self.scenario.classes:
            for bucket, pps in load.buckets():
                for position, stage in enumerate(load.path):
                    rates[stage, load.bucket_at(position, bucket)] += pps
        return rates

    def accesses(self, condition: Condition, stage: int, bucket: Bucket, rate: float) -> None:
        """Adds what a stage accesses to what a variable asks of the options of groups."""
        condition.add(self._accessed(stage, bucket, condition.engine), rate)

    def _accessed(self, stage: int, bucket: Bucket, engine: str) -> Parts:
        """What a visit to a stage accesses."""
        found: Parts = {}
        for group in self.scenario.stage_groups(stage):
            indices = self.allowed(stage, group, bucket, engine)
            options = self.options[group]
            found[group, indices] = tuple(self.charges.access(stage, group, engine, options[i]) for i in indices)
        return found

    def require(self, condition: Condition) -> None:
        """Ties a variable to the options that allow what it makes an engine run, and charges the accesses. Shares by
        option are needed only where the options differ in cost."""
        variable = condition.variable
        for (group, indices), costs in condition.parts.items():
            if not indices:
                self.program.fix(variable, 0.0)
                return
            if all(cost == costs[0] for cost in costs):
                if len(indices) < len(self.options[group]):
                    self.at_most_sum(variable, (self.y[group, i] for i in indices))
                self.charge(variable, costs[0])
                continue
            shares: list[int] = []
            for i, cost in zip(indices, costs, strict=True):
                share = self.program.variable()
                self.at_most_sum(share, (self.y[group, i],))
                self.charge(share, cost)
                shares.append(share)
            self.program.equal(combine(total(shares), {variable: -1.0}), 0.0)

    def _owners_working_set(self) -> None:
        """Cold packets find a smaller working set on the owner if the copies serve all the others."""
        for group, options in enumerate(self.options):
            replicated = [i for i, o in enumerate(options) if self.scenario.is_partial(group, o)]
            hot = self.scenario.hot_lookups(group)
            if not replicated or not hot:
                continue
            alone = self.program.variable()
            self.at_most_sum(alone, (self.y[group, i] for i in replicated))
            for stage in hot:
                self.at_most_sum(alone, (self.x[stage, "hot", e] for e in self.engines[:-1]))
            for stage in sorted(self.scenario.routes.after_lookup):
                if group in self.scenario.stage_groups(stage) and self.rates[stage, "cold"]:
                    self._discount(stage, group, alone, options[replicated[0]], self.rates[stage, "cold"])

    def _discount(self, stage: int, group: int, alone: int, choice: GroupChoice, rate: float) -> None:
        saved: Charge = {}
        add(saved, self.charges.access(stage, group, self.host, choice, left=True))
        add(saved, self.charges.access(stage, group, self.host, choice), -1.0)
        both = self.program.variable()
        self.at_most_sum(both, (alone,))
        self.at_most_sum(both, (self.x[stage, "cold", self.host],))
        self.charge(both, saved, rate)

    # ------------------------------------------------------------ from stage to stage

    def _transitions(self) -> None:
        flows = self._flows()
        for step in self.scenario.routes.transitions:
            key = (step.edge.source, step.edge.target, step.before, step.after)
            self._transport(step, flows.get(key, []))
            if step.after == "cold":
                self._parting(step, sum(pps for _, _, pps in flows.get(key, [])))
        for edge in self.scenario.graph.edges:
            self._safety(edge)

    def _safety(self, edge: StageEdge) -> None:
        """Packets may cross only where nothing conflicts, of either bucket."""
        for here, there in itertools.combinations(self.engines, 2):
            uses = self.crossings[edge.source, edge.target, here, there]
            if not uses:
                continue
            anyone = uses[0]
            if len(uses) > 1:
                anyone = self.program.variable()
                for c in uses:
                    self.program.at_most({c: 1.0, anyone: -1.0}, 0.0)
            self.leaving.forbid(anyone, edge.ways, here, there, edge.source)

    def _misses(self) -> None:
        """A stage may look up what its engine holds of a table only where packets that miss may leave."""
        for stage in self.scenario.graph.stages:
            for here in self.engines[:-1]:
                self.leaving.forbid(self.stage(stage.index, "hot", here), stage.misses, here, self.host, stage.index)

    def _flows(self) -> dict[tuple[int, int, Bucket, Bucket], list[tuple[PathLoad, int, float]]]:
        """By transition: (class, position of its target in the path, packets/s)."""
        flows: defaultdict[tuple[int, int, Bucket, Bucket], list[tuple[PathLoad, int, float]]] = defaultdict(list)
        for load in self.scenario.classes:
            for bucket, pps in load.buckets():
                for i in range(1, len(load.path)):
                    before, after = load.bucket_at(i - 1, bucket), load.bucket_at(i, bucket)
                    flows[load.path[i - 1], load.path[i], before, after].append((load, i, pps))
        return dict(flows)

    def _transport(self, step: Transition, flows: list[tuple[PathLoad, int, float]]) -> None:
        source, target = step.edge.source, step.edge.target
        merged = _merged(flows)
        leaving: defaultdict[str, list[int]] = defaultdict(list)
        entering: defaultdict[str, list[int]] = defaultdict(list)
        for i, here in enumerate(self.engines):
            for there in self.engines[i:]:
                if here != there and self._forbidden(step, here, there):
                    continue
                c = self.program.variable()
                leaving[here].append(c)
                entering[there].append(c)
                if here != there:
                    self.crossings[source, target, here, there].append(c)
                    for load, pps in merged:
                        self.charge(c, self.charges.go_back(load, here, there), pps)
                    self._crossing(c, step, here, there, flows)
        for engine in self.engines:
            out, into = self.stage(source, step.before, engine), self.stage(target, step.after, engine)
            self.program.equal(combine(total(leaving[engine]), {out: -1.0}), 0.0)
            self.program.equal(combine(total(entering[engine]), {into: -1.0}), 0.0)

    def _forbidden(self, step: Transition, here: str, there: str) -> bool:
        """No placement crosses like this, whatever the options of groups."""
        scenario, edge = self.scenario, step.edge
        if scenario.can_run(edge.source, here) or scenario.can_run(edge.target, there):
            return True
        return self.leaving.never(edge.ways, here, there, edge.source)

    def _crossing(
        self, c: int, step: Transition, here: str, there: str, flows: list[tuple[PathLoad, int, float]]
    ) -> None:
        """Charges a crossing by where its packets are taken up, which depends on what `here` holds."""
        alike: defaultdict[Candidates, list[tuple[PathLoad, int, float]]] = defaultdict(list)
        for flow in flows:
            alike[self.leaving.candidates(flow[0], flow[1], here)].append(flow)
        for candidates, some in alike.items():
            together = _merged(some)
            later = step.edge.target
            cost: Charge = {}
            for load, pps in together:
                add(cost, self.charges.cross(here, there, load.mean_bytes, self.scenario.live_bits(later)), pps)
            whole = self.scenario.routes.starts_over
            self._again(c, there, cost, [(p.path[: at if whole else min(1, at)], pps) for p, at, pps in some])
            ends = {number: at for number, (_, at, _) in enumerate(some)}
            for v, (stage, _) in reversed([*zip(self.leaving.taken_up(c, candidates, here), candidates, strict=True)]):
                # What it costs more than to be taken up at the next candidate.
                cost = {}
                for load, pps in together:
                    add(cost, self.charges.cross(here, there, load.mean_bytes, self.scenario.live_bits(stage)), pps)
                    add(cost, self.charges.cross(here, there, load.mean_bytes, self.scenario.live_bits(later)), -pps)
                starts = {number: load.path.index(stage) for number, (load, _, _) in enumerate(some)}
                parts = [(load.path[starts[n] : ends[n]], pps) for n, (load, _, pps) in enumerate(some)]
                self._again(v, there, cost, parts)
                later, ends = stage, starts

    def _again(self, variable: int, there: str, cost: Charge, paths: list[tuple[tuple[int, ...], float]]) -> None:
        """Charges a variable for a cost and for stages that an engine runs again, at these rates."""
        again: defaultdict[tuple[int, ...], float] = defaultdict(float)
        for path, pps in paths:
            again[path] += pps
        condition = Condition(variable, there)
        for path, pps in again.items():
            run = self._run(path, there)
            add(cost, run.cost, pps)
            condition.add(run.parts, pps)
        self.charge(variable, cost)
        self.require(condition)

    def _run(self, path: tuple[int, ...], engine: str) -> Run:
        """What an engine pays that runs these stages for a cold packet; from what the same without the last ones cost,
        since packets may leave behind each stage of a path."""
        known = len(path)
        while known and (path[:known], engine) not in self._runs:
            known -= 1
        run = self._runs[path[:known], engine] if known else Run({}, {})
        for end in range(known, len(path)):
            cost, condition = dict(run.cost), Condition(-1, engine, dict(run.parts))
            add(cost, self.charges.stage(path[end], engine))
            for key, costs in self._accessed(path[end], "cold", engine).items():
                condition.parts[key] = tuple(dict(before) for before in run.parts.get(key, tuple({} for _ in costs)))
                condition.add({key: costs})
            run = Run(cost, condition.parts)
            self._runs[path[: end + 1], engine] = run
        return run

    def _parting(self, step: Transition, pps: float) -> None:
        """Where cold packets part from hot ones: only at a lookup in a copy, which they then run too."""
        source, target = step.edge.source, step.edge.target
        for here in self.engines[:-1]:
            # hot - cold <= apart, and apart is the number of these that are not on `here`
            outside = [self.stage(source, "hot", here)]
            if step.before == "cold":
                outside.append(self.stage(source, "cold", here))
            for engine in self.engines:
                hot, cold = self.x[target, "hot", engine], self.x[target, "cold", engine]
                split = combine({hot: 1.0, cold: -1.0}, total(outside))
                if engine != here:
                    self.program.at_most(split, len(outside))
                    continue
                probing = self._probing(target, here)
                self.program.at_most(combine(split, total(probing, -1.0)), len(outside))
                if probing and pps:
                    self._probe(split, len(outside), target, here, pps)

    def _probing(self, stage: int, engine: str) -> list[int]:
        """The options under which a lookup tells resident packets from others."""
        if stage not in self.scenario.lookups:
            return []
        return [
            self.y[group, i]
            for group in self.scenario.stage_groups(stage)
            for i, o in enumerate(self.options[group])
            if o.holder == engine and not self.scenario.allows(stage, group, "cold", engine, o)
        ]

    def _probe(self, split: Terms, apart: int, stage: int, engine: str, pps: float) -> None:
        """probe >= hot - cold - apart"""
        probe = self.program.variable()
        self.program.at_most(combine(split, {probe: -1.0}), apart)
        self.charge(probe, self.charges.stage(stage, engine), pps)
        condition = Condition(probe, engine)
        self.accesses(condition, stage, "hot", pps)
        self.require(condition)

    def _ends(self) -> None:
        for load in self.scenario.classes:
            for bucket, pps in load.buckets():
                for engine in self.engines:
                    first = self.stage(load.path[0], load.bucket_at(0, bucket), engine)
                    self.charge(first, self.charges.arrive(engine, load.mean_bytes), pps)
                    self.charge(first, self.charges.to_wire(load, engine), pps)
                    end = len(load.path) - 1
                    last = self.stage(load.path[end], load.bucket_at(end, bucket), engine)
                    self.charge(last, self.charges.finish(load, engine), pps)

    def _at_rest(self) -> None:
        holders: dict[str, int] = {}
        for group, options in enumerate(self.options):
            for i, choice in enumerate(options):
                self.charge(self.y[group, i], self.charges.residence(group, choice))
                if self.scenario.is_partial(group, choice):
                    if choice.holder not in holders:
                        holders[choice.holder] = self.program.variable()
                        self.charge(holders[choice.holder], self.charges.promotions(choice.holder))
                    self.at_most_sum(self.y[group, i], (holders[choice.holder],))
        for engine in self.engines[:-1]:
            for stage in range(len(self.scenario.graph.stages)):
                hot, cold = self.stage(stage, "hot", engine), self.stage(stage, "cold", engine)
                loaded = hot
                if hot != cold:
                    loaded = self.program.variable()
                    self.at_most_sum(hot, (loaded,))
                    self.at_most_sum(cold, (loaded,))
                self.charge(loaded, self.charges.code(stage, engine))

    def _pins(self) -> None:
        limits = self.restriction
        stages = range(len(self.scenario.graph.stages))
        touching = {g: [s for s in stages if g in self.scenario.stage_groups(s)] for g in range(len(self.options))}
        pins = [*limits.pin_stages, *((s, engine) for g, engine in limits.pin_groups for s in touching[g])]
        away = [*limits.exclude_stages, *((s, engine) for g, engine in limits.exclude_groups for s in touching[g])]
        for value, places in ((1.0, pins), (0.0, away)):
            for stage, engine in places:
                self.program.fix(self.stage(stage, "hot", engine), value)
                self.program.fix(self.stage(stage, "cold", engine), value)

    # ------------------------------------------------------------ the result

    def placement(self, values: tuple[float, ...]) -> Placement:
        """The placement that the variables' values mean."""

        def chosen(stage: int, bucket: Bucket) -> str:
            return max(self.engines, key=lambda e: values[self.stage(stage, bucket, e)])

        stages = range(len(self.scenario.graph.stages))
        groups = tuple(
            options[max(range(len(options)), key=lambda i: values[self.y[group, i]])]
            for group, options in enumerate(self.options)
        )
        hot = tuple(chosen(stage, "hot") for stage in stages)
        cold = tuple(chosen(stage, "cold") for stage in stages)
        return Placement(hot, cold, groups, self.scenario.tier, self.scenario.graph.starts_over)


def _merged(flows: list[tuple[PathLoad, int, float]]) -> list[tuple[PathLoad, float]]:
    """Classes that end alike as one, with their mean frame: charges are linear in bytes."""
    merged: dict[tuple[bool, bool], tuple[PathLoad, float, float]] = {}
    for load, _, pps in flows:
        key = load.forwarded, load.writes_register
        first, packets, size = merged.get(key, (load, 0.0, 0.0))
        merged[key] = first, packets + pps, size + pps * load.mean_bytes
    return [(dataclasses.replace(load, mean_bytes=size / pps), pps) for load, pps, size in merged.values()]
