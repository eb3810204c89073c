"""Solves the integer program: objectives in order, one thread, a fixed seed, limits in nodes and not in seconds."""

from __future__ import annotations

from dataclasses import dataclass

from cora.model.charges import Meter
from cora.model.evaluate import Evaluation, evaluate, packets_in_flight
from cora.model.placement import Placement
from cora.model.resources import Resource
from cora.model.scenario import Scenario
from cora.plan.ilp import Ilp, Restriction
from cora.plan.linear import Terms, combine
from cora.plan.migration import moving_cost
from cora.plan.request import Objective, Solver

TIE = 1e-6
"""Host cores (or the relative rate) that count as equal: below what any figure of a model means."""


_LOAD = 1e-3
"""How much a core's load counts beside a packet in flight: latency decides first, and one search finds both."""


@dataclass(frozen=True, slots=True)
class Solution:
    placement: Placement
    evaluation: Evaluation
    value: float
    """Of the objective: host cores, or the time of a packet in units of 1 / rate of the scenario."""
    bound: float
    """No placement has a smaller value."""


@dataclass(frozen=True, slots=True)
class Best:
    """The best value of a scenario; ties between placements that reach it are not broken yet."""

    ilp: Ilp
    objective: Objective
    host_cores: float | None
    solver: Solver
    goal: Terms
    found: Placement
    value: float
    bound: float

    def settle(self) -> Solution:
        """Of the placements with the best value the one with the least latency without queues, then with the least load
        on NICs (max-rate: and on the host)."""
        ilp = self.ilp
        least = floor_cores(ilp.scenario) if self.objective == "min-cores" else 0.0
        ilp.program.at_most(self.goal, self.value - least + TIE * max(1.0, self.value))
        second = combine(ilp.total(packets_in_flight(ilp.scenario.model)), _nic_use(ilp, _LOAD))
        if self.objective == "max-rate":
            second = combine(second, ilp.total((meter, _LOAD * f) for meter, f in _host_use(ilp.scenario)))
        settled = ilp.program.minimise(second, self.solver)
        placement = self.found if settled is None else ilp.placement(settled.values)
        return Solution(placement, evaluate(ilp.scenario, placement, self.host_cores), self.value, self.bound)


def solve(
    scenario: Scenario, objective: Objective, restriction: Restriction, host_cores: float | None, solver: Solver
) -> Solution | None:
    """The best placement of a scenario with its residency tier, or None if there is none.

    min-cores: every resource holds, host cores are minimal; then latency; then NIC load. max-rate: tau is minimal where
    every demand that grows with the rate is at most tau times what is there (so the rate is the scenario's / tau); then
    latency; then loads.
    """
    best, _ = solve_first(scenario, objective, restriction, host_cores, solver)
    return best.settle() if best is not None else None


def solve_first(
    scenario: Scenario,
    objective: Objective,
    restriction: Restriction,
    host_cores: float | None,
    solver: Solver,
    below: float | None = None,
    running: Placement | None = None,
) -> tuple[Best | None, float]:
    """Only the first objective, and the bound of its value. With `below`, None also if no placement has a smaller or
    equal value. With `running` the host cores include what it costs to move away from that."""
    ilp = Ilp(scenario, restriction, host_cores)
    tau = ilp.program.variable(high=float("inf"))
    _resources(ilp, objective, tau)
    goal = ilp.total(_host_use(scenario)) if objective == "min-cores" else {tau: 1.0}
    if running is not None and objective == "min-cores":
        goal = combine(goal, moving_cost(ilp, running))
    shift = floor_cores(scenario) if objective == "min-cores" else 0.0
    if below is not None:
        ilp.program.at_most(goal, below - shift)
    found = ilp.program.minimise(goal, solver)
    bound = (
        max(ilp.program.bound, 0.0) + shift
    )  # a search that is cut short may know nothing yet; costs are not below 0
    if found is None:
        return None, bound if below is None else min(bound, below)
    placement = ilp.placement(found.values)
    return Best(ilp, objective, host_cores, solver, goal, placement, found.value + shift, bound), bound


def most_on_nic(scenario: Scenario, restriction: Restriction, solver: Solver) -> Placement | None:
    """As much code as possible on engines before the host, first for packets whose entries are there; of such
    placements one that asks least of the host. None if nothing fits."""
    ilp = Ilp(scenario, restriction, None)
    _resources(ilp, "min-cores", ilp.program.variable())
    goal: Terms = {}
    for (stage, bucket, engine), x in ilp.x.items():
        if engine == ilp.host:
            size = scenario.stage_instructions(stage)
            goal[x] = size if bucket == "hot" else 1e-3 * size
    found = ilp.program.minimise(goal, solver)
    if found is None:
        return None
    ilp.program.at_most(goal, found.value + TIE)
    settled = ilp.program.minimise(combine(ilp.total(_host_use(scenario)), _nic_use(ilp)), solver)
    return ilp.placement((settled or found).values)


def least_demand(scenario: Scenario, restriction: Restriction, resource: Resource, solver: Solver) -> float | None:
    """The least that any placement asks of a resource, or None if there is no placement."""
    ilp = Ilp(scenario, restriction, None)
    _resources(ilp, "min-cores", ilp.program.variable())
    found = ilp.program.minimise(ilp.total(resource.terms), solver)
    return None if found is None else found.value + resource.fixed


def floor_cores(scenario: Scenario) -> float:
    """Host cores that every placement needs."""
    floor = scenario.model.host.floor_cores
    return floor.value if floor is not None else 0.0


def _host_use(scenario: Scenario) -> list[tuple[Meter, float]]:
    host = scenario.model.host
    return [(("cycles", host.name), 1 / host.clock_hz.value)]


def _resources(ilp: Ilp, objective: Objective, tau: int) -> None:
    for what in ilp.resources:
        if what.name in ilp.restriction.relaxed or (what.name == "host cores" and objective == "min-cores"):
            continue
        if ilp.restriction.fixed_only and what.scales:
            continue
        free = what.capacity - what.fixed
        share = ilp.total((meter, factor / free if free > 0 else factor) for meter, factor in what.terms)
        if not share:
            continue
        if free <= 0:  # nothing is there: nothing may ask for it
            ilp.program.at_most(share, 0.0)
        elif objective == "max-rate" and what.scales:
            ilp.program.at_most(combine(share, {tau: -1.0}), 0.0)
        else:
            ilp.program.at_most(share, 1.0)
    if objective == "max-rate":
        ilp.program.at_least({tau: 1.0}, ilp.wire_use)


def _nic_use(ilp: Ilp, weight: float = 1.0) -> Terms:
    """The cores of NICs, weighted; waiting for memory and code break ties, so that what no packet visits stays on the
    host."""
    terms: list[tuple[Meter, float]] = []
    for engine in ilp.scenario.engines[:-1]:
        per_core = weight / engine.clock_hz.value
        terms.append((("cycles", engine.name), per_core))
        terms.append((("wait", engine.name), 1e-3 * per_core))
        terms.append((("code", engine.name), 1e-6))
    return ilp.total(terms)
