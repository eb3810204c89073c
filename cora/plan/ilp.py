"""The optimiser's integer program, for one scenario (one rate, one residency tier).

Decision variables
    x[s, b, e]   stage s runs on engine e for packets of bucket b (hot, cold)
    y[g, o]      state group g lives as option o says (mode, owner, holder of copies, memory)
    c[k, e, f]   transition k (an edge of the graph, with the buckets before and after) goes from engine e to f
    u[.., o]     a share of an x (or of a rerun, or of a probe) by the option of the group that it accesses
Rates are constants, so every demand is linear. c and u are continuous: once x and y are integral, so are they.
The residency tier is not a variable: there are few, `cora.plan.solve` tries each, and so working sets are constants.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import pulp

from cora.model.charges import Charge, Charges, Meter, add, again_stages
from cora.model.placement import BUCKETS, Bucket, GroupChoice, Placement
from cora.model.resources import Resource, resources, wire_rows
from cora.model.routes import Transition
from cora.model.scenario import PathLoad, Scenario

Expression = pulp.LpAffineExpression


@dataclass(frozen=True, slots=True)
class Restriction:
    """What a strategy or a user takes away from the choices."""

    exclusive_only: bool = False
    """State-only: no copies, and all packets of a stage in one place."""
    nothing_only_on_nic: bool = False
    """Traffic-only: no state may live on the NIC alone."""
    pin_stages: tuple[tuple[int, str], ...] = ()
    pin_groups: tuple[tuple[int, str], ...] = ()
    relaxed: frozenset[str] = frozenset()
    """Names of resources that are not enforced."""


class Ilp:
    """Builds the constraints; `cora.plan.solve` adds objectives and solves."""

    def __init__(self, scenario: Scenario, restriction: Restriction, host_cores: float | None) -> None:
        self.scenario = scenario
        self.restriction = restriction
        self.charges = Charges(scenario)
        self.problem = pulp.LpProblem("placement", pulp.LpMinimize)
        self.engines = [engine.name for engine in scenario.engines]
        self.host = self.engines[-1]
        self.meters: defaultdict[Meter, dict[pulp.LpVariable, float]] = defaultdict(dict)
        self.count = 0
        self.options = [self._options(g) for g in range(len(scenario.graph.groups))]
        self.x: dict[tuple[int, Bucket, str], pulp.LpVariable] = {}
        self.y: dict[tuple[int, int], pulp.LpVariable] = {}
        self.alone: dict[int, pulp.LpVariable] = {}
        self.resources: tuple[Resource, ...] = resources(scenario, host_cores)
        self.wire_use = max(row.used / row.capacity for row in wire_rows(scenario))
        self._choices()
        self._stages()
        self._owners_working_set()
        self._transitions()
        self._ends()
        self._at_rest()
        self._pins()

    # ------------------------------------------------------------ small helpers

    def variable(self, name: str, *, binary: bool = False) -> pulp.LpVariable:
        self.count += 1
        kind = pulp.LpBinary if binary else pulp.LpContinuous
        return self.problem.add_variable(f"{name}_{self.count}", 0, 1, kind)

    def require(self, condition: pulp.LpConstraint) -> None:
        self.problem.addConstraint(condition)

    def charge(self, variable: pulp.LpVariable, charge: Charge, times: float = 1.0) -> None:
        for meter, amount in charge.items():
            if amount and times:
                terms = self.meters[meter]
                terms[variable] = terms.get(variable, 0.0) + amount * times

    def total(self, terms: Iterable[tuple[Meter, float]]) -> Expression:
        total: dict[pulp.LpVariable, float] = {}
        for meter, factor in terms:
            for variable, amount in self.meters[meter].items():
                total[variable] = total.get(variable, 0.0) + factor * amount
        return Expression(total)

    def stage(self, stage: int, bucket: Bucket, engine: str) -> pulp.LpVariable:
        """x; a stage that no cold packet reaches as such has one placement."""
        if bucket == "cold" and stage not in self.scenario.routes.after_lookup:
            bucket = "hot"
        return self.x[stage, bucket, engine]

    # ------------------------------------------------------------ groups and stages

    def _options(self, group: int) -> tuple[GroupChoice, ...]:
        found = self.scenario.options(group)
        if self.restriction.exclusive_only:
            found = tuple(o for o in found if o.mode == "exclusive")
        if self.restriction.nothing_only_on_nic:
            found = tuple(o for o in found if o.owner == self.scenario.engines[-1].name)
        return found

    def _choices(self) -> None:
        for group, options in enumerate(self.options):
            for index in range(len(options)):
                self.y[group, index] = self.variable(f"y{group}", binary=True)
            self.require(pulp.lpSum(self.y[group, i] for i in range(len(options))) == 1)

    def allowed(self, stage: int, group: int, bucket: Bucket, engine: str) -> list[int]:
        """Options of a group under which a stage may run on an engine."""
        allows = self.scenario.allows
        return [i for i, o in enumerate(self.options[group]) if allows(stage, group, bucket, engine, o)]

    def _stages(self) -> None:
        scenario = self.scenario
        rates = self._run_rates()
        for stage in range(len(scenario.graph.stages)):
            able = {e: not scenario.can_run(stage, e) for e in self.engines}
            buckets = BUCKETS if stage in scenario.routes.after_lookup else BUCKETS[:1]
            for bucket in buckets:
                for engine in self.engines:
                    x = self.variable(f"x{stage}{bucket}{engine}", binary=True)
                    self.x[stage, bucket, engine] = x
                    if not able[engine]:
                        self.require(x == 0)
                    rate = rates[stage, bucket]
                    self.charge(x, self.charges.stage(stage, engine), rate)
                    for group in scenario.stage_groups(stage):
                        self.accesses(x, stage, group, scenario.known_as(stage, bucket), engine, rate)
                self.require(pulp.lpSum(self.x[stage, bucket, e] for e in self.engines) == 1)
            if self.restriction.exclusive_only and len(buckets) == 2:
                for engine in self.engines:
                    self.require(self.x[stage, "hot", engine] - self.x[stage, "cold", engine] == 0)

    def _run_rates(self) -> defaultdict[tuple[int, Bucket], float]:
        rates: defaultdict[tuple[int, Bucket], float] = defaultdict(float)
        for load in self.scenario.classes:
            for bucket, pps in load.buckets():
                for position, stage in enumerate(load.path):
                    rates[stage, load.bucket_at(position, bucket)] += pps
        return rates

    def accesses(
        self, variable: pulp.LpVariable, stage: int, group: int, bucket: Bucket, engine: str, rate: float
    ) -> None:
        """Ties "this stage runs on this engine" to the options of the group that allow it, and charges the accesses."""
        indices = self.allowed(stage, group, bucket, engine)
        options = self.options[group]
        if not indices:
            self.require(variable <= 0)
            return
        if engine == self.host:  # the host finds a group in one memory, whatever the option
            self.require(variable <= pulp.lpSum(self.y[group, i] for i in indices))
            self.charge(variable, self.charges.access(stage, group, engine, options[indices[0]]), rate)
            return
        parts: list[pulp.LpVariable] = []
        for i in indices:
            part = self.variable("u")
            self.require(part <= self.y[group, i])
            self.charge(part, self.charges.access(stage, group, engine, options[i]), rate)
            parts.append(part)
        self.require(pulp.lpSum(parts) - variable == 0)

    def _owners_working_set(self) -> None:
        """Cold packets find a smaller working set on the owner if the copies serve all the others."""
        rates = self._run_rates()
        for group, options in enumerate(self.options):
            replicated = [i for i, o in enumerate(options) if self.scenario.is_partial(group, o)]
            hot = self.scenario.hot_lookups(group)
            if not replicated or not hot:
                continue
            alone = self.variable("alone")
            self.require(alone <= pulp.lpSum(self.y[group, i] for i in replicated))
            for stage in hot:
                outside = [self.x[stage, "hot", e] for e in self.engines[:-1]]
                self.require(alone <= pulp.lpSum(outside))
            for stage in sorted(self.scenario.routes.after_lookup):
                if group in self.scenario.stage_groups(stage) and rates[stage, "cold"]:
                    self._discount(stage, group, alone, options[replicated[0]], rates[stage, "cold"])

    def _discount(self, stage: int, group: int, alone: pulp.LpVariable, choice: GroupChoice, rate: float) -> None:
        saved: Charge = {}
        add(saved, self.charges.access(stage, group, self.host, choice, left=True))
        add(saved, self.charges.access(stage, group, self.host, choice), -1.0)
        both = self.variable("left")
        self.require(both <= alone)
        self.require(both <= self.x[stage, "cold", self.host])
        self.charge(both, saved, rate)

    # ------------------------------------------------------------ from stage to stage

    def _transitions(self) -> None:
        flows = self._flows()
        for step in self.scenario.routes.transitions:
            key = (step.edge.source, step.edge.target, step.before, step.after)
            self._transport(step, flows.get(key, []))
            if step.after == "cold":
                self._parting(step, sum(pps for _, _, pps in flows.get(key, [])))

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
        leaving: defaultdict[str, list[pulp.LpVariable]] = defaultdict(list)
        entering: defaultdict[str, list[pulp.LpVariable]] = defaultdict(list)
        for i, here in enumerate(self.engines):
            for there in self.engines[i:]:
                if here != there and step.edge.conflict:
                    continue
                c = self.variable("c")
                leaving[here].append(c)
                entering[there].append(c)
                if here != there:
                    self._crossing(c, step, here, there, flows)
        for engine in self.engines:
            self.require(pulp.lpSum(leaving[engine]) - self.stage(source, step.before, engine) == 0)
            self.require(pulp.lpSum(entering[engine]) - self.stage(target, step.after, engine) == 0)

    def _crossing(
        self, c: pulp.LpVariable, step: Transition, here: str, there: str, flows: list[tuple[PathLoad, int, float]]
    ) -> None:
        again: defaultdict[int, float] = defaultdict(float)
        for stage in self.scenario.routes.rerun[step.edge.source, step.edge.target]:
            again[stage] += 0.0  # must be possible, even if no packet of this traffic needs it
        total: Charge = {}
        for load, position, pps in flows:
            add(total, self.charges.cross(here, there, load.mean_bytes, step.edge.live_bits), pps)
            add(total, self.charges.go_back(load, here, there), pps)
            for stage in again_stages(load, position, step.edge.restart):
                again[stage] += pps
        self.charge(c, total)
        for stage, pps in again.items():
            if self.scenario.can_run(stage, there):
                self.require(c <= 0)
                return
            self.charge(c, self.charges.stage(stage, there), pps)
            for group in self.scenario.stage_groups(stage):
                self.accesses(c, stage, group, "cold", there, pps)

    def _parting(self, step: Transition, pps: float) -> None:
        """Where cold packets part from hot ones: only at a lookup in a copy, which they then run too."""
        scenario, source, target = self.scenario, step.edge.source, step.edge.target
        conflict = any(edge.source == target and edge.conflict for edge in scenario.graph.edges)
        for here in self.engines[:-1]:
            apart = 1 - self.stage(source, "hot", here)
            if step.before == "cold":
                apart = apart + 1 - self.stage(source, "cold", here)
            for engine in self.engines:
                hot, cold = self.x[target, "hot", engine], self.x[target, "cold", engine]
                if engine != here:
                    self.require(hot - cold <= apart)
                    continue
                probing = [] if conflict else self._probing(target, here)
                self.require(hot - cold <= apart + pulp.lpSum(probing))
                if probing and pps:
                    self._probe(hot - cold - apart, target, here, pps)

    def _probing(self, stage: int, engine: str) -> list[pulp.LpVariable]:
        """The options under which a lookup tells resident packets from others."""
        if stage not in self.scenario.lookups:
            return []
        return [
            self.y[group, i]
            for group in self.scenario.stage_groups(stage)
            for i, o in enumerate(self.options[group])
            if o.holder == engine and not self.scenario.allows(stage, group, "cold", engine, o)
        ]

    def _probe(self, at_least: Expression, stage: int, engine: str, pps: float) -> None:
        probe = self.variable("probe")
        self.require(probe >= at_least)
        self.charge(probe, self.charges.stage(stage, engine), pps)
        for group in self.scenario.stage_groups(stage):
            self.accesses(probe, stage, group, "hot", engine, pps)

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
        holders: dict[str, pulp.LpVariable] = {}
        for group, options in enumerate(self.options):
            for i, choice in enumerate(options):
                self.charge(self.y[group, i], self.charges.residence(group, choice))
                if self.scenario.is_partial(group, choice):
                    if choice.holder not in holders:
                        holders[choice.holder] = self.variable("holds")
                        self.charge(holders[choice.holder], self.charges.promotions(choice.holder))
                    self.require(holders[choice.holder] >= self.y[group, i])
        for engine in self.engines[:-1]:
            for stage in range(len(self.scenario.graph.stages)):
                loaded = self.variable("code")
                self.require(loaded >= self.stage(stage, "hot", engine))
                self.require(loaded >= self.stage(stage, "cold", engine))
                self.charge(loaded, self.charges.code(stage, engine))

    def _pins(self) -> None:
        for stage, engine in self.restriction.pin_stages:
            self.require(self.stage(stage, "hot", engine) == 1)
            self.require(self.stage(stage, "cold", engine) == 1)
        for group, engine in self.restriction.pin_groups:
            for stage in range(len(self.scenario.graph.stages)):
                if group in self.scenario.stage_groups(stage):
                    self.require(self.stage(stage, "hot", engine) == 1)
                    self.require(self.stage(stage, "cold", engine) == 1)

    # ------------------------------------------------------------ the result

    def placement(self) -> Placement:
        """The placement in the solved variables."""

        def chosen(stage: int, bucket: Bucket) -> str:
            return max(self.engines, key=lambda e: self.stage(stage, bucket, e).value() or 0.0)

        stages = range(len(self.scenario.graph.stages))
        groups = tuple(
            options[max(range(len(options)), key=lambda i: self.y[group, i].value() or 0.0)]
            for group, options in enumerate(self.options)
        )
        hot = tuple(chosen(stage, "hot") for stage in stages)
        cold = tuple(chosen(stage, "cold") for stage in stages)
        return Placement(hot, cold, groups, self.scenario.tier)
