"""Solves the integer program: objectives in order, one thread, a fixed seed, limits in nodes and not in seconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pulp

from cora.model.charges import Meter
from cora.model.evaluate import Evaluation, evaluate
from cora.model.placement import Placement
from cora.model.scenario import Scenario
from cora.plan.ilp import Ilp, Restriction
from cora.plan.request import Objective

TIE = 1e-6
"""Host cores (or the relative rate) that count as equal: below what any figure of a model means."""


@dataclass(frozen=True, slots=True)
class Solution:
    placement: Placement
    evaluation: Evaluation
    value: float
    """Of the objective: host cores, or the time of a packet in units of 1 / rate of the scenario."""
    bound: float
    """No placement has a smaller value."""


def solve(
    scenario: Scenario, objective: Objective, restriction: Restriction, host_cores: float | None, node_limit: int
) -> Solution | None:
    """The best placement of a scenario with its residency tier, or None if there is none.

    min-cores: every resource holds, host cores are minimal; then NIC load. max-rate: tau is minimal where every demand
    that grows with the rate is at most tau times what is there (so the rate is the scenario's / tau); then host cores.
    """
    ilp = Ilp(scenario, restriction, host_cores)
    tau = ilp.problem.add_variable("tau", 0)
    _resources(ilp, objective, tau)
    host = scenario.model.host
    floor = host.floor_cores.value if host.floor_cores is not None else 0.0
    host_use = ilp.total([(("cycles", host.name), 1 / host.clock_hz.value)])
    first = host_use if objective == "min-cores" else pulp.lpSum([tau])
    second = _nic_use(ilp) + (1e-3 * host_use if objective == "max-rate" else 0)
    found = _run(ilp, first, node_limit)
    if found is None:
        return None
    value, bound = found
    placement = ilp.placement()
    ilp.require(first <= value + TIE * max(1.0, value))
    if _run(ilp, second, node_limit) is not None:
        placement = ilp.placement()
    shift = floor if objective == "min-cores" else 0.0
    return Solution(placement, evaluate(scenario, placement, host_cores), value + shift, bound + shift)


def _resources(ilp: Ilp, objective: Objective, tau: pulp.LpVariable) -> None:
    for what in ilp.resources:
        if what.name in ilp.restriction.relaxed or (what.name == "host cores" and objective == "min-cores"):
            continue
        free = what.capacity - what.fixed
        share = ilp.total((meter, factor / free if free > 0 else factor) for meter, factor in what.terms)
        if not share:
            continue
        if free <= 0:  # nothing is there: nothing may ask for it
            ilp.require(share <= 0)
            continue
        limit = tau if objective == "max-rate" and what.scales else 1
        ilp.require(share <= limit)
    if objective == "max-rate":
        ilp.require(tau >= ilp.wire_use)


def _nic_use(ilp: Ilp) -> pulp.LpAffineExpression:
    """The cores of NICs; waiting for memory and code break ties, so that what no packet visits stays on the host."""
    terms: list[tuple[Meter, float]] = []
    for engine in ilp.scenario.engines[:-1]:
        per_core = 1 / engine.clock_hz.value
        terms.append((("cycles", engine.name), per_core))
        terms.append((("wait", engine.name), 1e-3 * per_core))
        terms.append((("code", engine.name), 1e-6))
    return ilp.total(terms)


def _run(ilp: Ilp, objective: pulp.LpAffineExpression, node_limit: int) -> tuple[float, float] | None:
    """(value, bound) or None if infeasible."""
    ilp.problem.setObjective(objective)
    solver = pulp.HiGHS(msg=False, threads=1, gapRel=1e-9, gapAbs=1e-9, random_seed=1, mip_max_nodes=node_limit)
    ilp.problem.solve(solver)
    if ilp.problem.sol_status not in (pulp.LpSolutionOptimal, pulp.LpSolutionIntegerFeasible):
        return None
    reached: Any = pulp.value(objective)
    highs: Any = ilp.problem.solverModel
    value = float(reached or 0.0)
    return value, min(value, float(highs.getInfo().mip_dual_bound))
