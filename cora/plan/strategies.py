"""The strategies: ours and the baselines that it is compared with, all on one model and scored by one evaluator.

host-only     the reference: nothing on the NIC, no hand-offs.
nic-only      the whole program on the NIC engine that is next to the host, overload shown.
state-only    each state group with all its traffic lives in one place; the best such choice, by the integer program.
traffic-only  the NIC serves whole packets or none: no state lives on it alone, and a packet that it doesn't finish
              starts over on the host; the best such choice of sizes and classes, by the integer program.
max-offload   as much of the program on the NIC as fits there, whatever it costs, as Gallium does.
greedy        state groups, the most rewarding first, into the fastest memory of the NIC while the target holds, as the
              Vela prototype does.
ilp           all of it: state and traffic, and whether packets that leave the NIC go on or start over.
"""

from __future__ import annotations

import dataclasses
import math

from cora.model.evaluate import evaluate
from cora.model.placement import Placement
from cora.plan.greedy import greedy
from cora.plan.migration import moves
from cora.plan.over import may_gain
from cora.plan.request import Strategy
from cora.plan.solve import TIE, Best, Solution, floor_cores, most_on_nic, solve_first
from cora.plan.task import Outcome, Task, all_on, fixed, host_only, nothing, sustained_pps, tidy

ROUNDS = 12
"""Max-rate: working sets depend on the rate that comes out; so many times at most the program is solved at another."""
NEAR = 1e-3
"""Max-rate: rates so close, relatively, are one."""
FIRST_SHARE = 0.5
"""Of limited time, for plans whose packets go on, where others might be better."""
HIGHER = 1.01
"""How much a rate is to rise at least before another kind of plan is worth looking for."""


def run_strategy(strategy: Strategy, task: Task) -> Outcome:
    """The best placement of a strategy."""
    match strategy:
        case "host-only":
            return fixed(strategy, task, host_only(task.scenario(-1)))
        case "nic-only":
            return _nic_only(task)
        case "state-only":
            restriction = dataclasses.replace(task.restriction, exclusive_only=True)
            return _search(strategy, dataclasses.replace(task, restriction=restriction), range(-1, 0))
        case "traffic-only":
            return _traffic_only(task)
        case "max-offload":
            return _max_offload(task)
        case "greedy":
            return greedy(task)
        case "ilp":
            return _ours(task)


def _nic_only(task: Task) -> Outcome:
    scenario = task.scenario(-1)
    if len(scenario.engines) == 1:
        nowhere = nothing(f"{task.model.name} has no NIC engine that runs stages")
        return Outcome("nic-only", scenario, None, nowhere, 0.0)
    return fixed("nic-only", task, all_on(scenario, scenario.engines[-2].name))


def _max_offload(task: Task) -> Outcome:
    """The largest copies that fit, and what then runs on the NIC is as much as the rules allow."""
    restriction = dataclasses.replace(task.restriction, fixed_only=True)
    for tier in reversed(task.tiers):
        scenario = task.scenario(tier)
        placement = most_on_nic(scenario, restriction, task.solver)
        if placement is not None:
            return fixed("max-offload", task, tidy(scenario, placement))
    return Outcome("max-offload", task.scenario(-1), None, nothing(), 0.0)


def _traffic_only(task: Task) -> Outcome:
    restriction = dataclasses.replace(task.restriction, nothing_only_on_nic=True)
    whole = dataclasses.replace(task.started_over(), restriction=restriction)
    found = _search("traffic-only", whole, task.tiers)
    return _better(task, found, dataclasses.replace(_nic_only(task), strategy="traffic-only"))


def _better(task: Task, one: Outcome, other: Outcome) -> Outcome:
    if not other.feasible or not one.feasible:
        return other if other.feasible else one
    if task.objective == "max-rate":
        return other if other.scenario.rate_pps > one.scenario.rate_pps * (1 + TIE) else one
    return other if with_moving(task, other) < with_moving(task, one) - TIE else one


def _ours(task: Task) -> Outcome:
    """The best plan whose packets go on where they leave an engine, or the best whose packets start over if that is
    better still."""
    by_rate = task.objective == "max-rate"
    if not by_rate and not may_gain(task, task.rate_pps):
        return _search("ilp", task, task.tiers)
    found = _search("ilp", dataclasses.replace(task, solver=task.solver.sooner(FIRST_SHARE)), task.tiers)
    over = task.started_over()
    if not found.feasible:
        return _search("ilp", over, task.tiers)
    if by_rate:
        rate = found.scenario.rate_pps
        if not may_gain(task, rate * HIGHER):
            return found
        other = _search("ilp", dataclasses.replace(over, rate_pps=rate), task.tiers, 1 - TIE)
        return dataclasses.replace(_better(task, found, other), bound=max(found.bound, other.bound))
    value = with_moving(task, found)
    limit = value - TIE * max(1.0, value)
    if limit <= floor_cores(found.scenario):
        return found
    other = _search("ilp", over, task.tiers, limit)
    bound = found.bound if not other.feasible and other.bound >= limit else min(found.bound, other.bound)
    return dataclasses.replace(_better(task, found, other), bound=bound)


def with_moving(task: Task, outcome: Outcome) -> float:
    """Host cores, with what it costs to get there from what runs."""
    if task.running is None or outcome.placement is None:
        return outcome.evaluation.host_cores
    return outcome.evaluation.host_cores + moves(outcome.scenario, outcome.placement, task.running).host_cores


def _search(strategy: Strategy, task: Task, tiers: range, below: float | None = None) -> Outcome:
    """The best over the residency tiers; ties go to the smaller tier. With `below` only what has a smaller value, or
    nothing: fewer host cores, or a higher rate than 1 / `below` of the task's."""
    if task.objective == "max-rate":
        return _search_rate(strategy, task, tiers, below)
    best, bound = _best_tiers(task, tiers, task.rate_pps, below)
    solutions = [candidate.settle() for candidate in best]
    if not solutions:
        return Outcome(strategy, task.scenario(-1), None, nothing(), bound)
    solution = min(solutions, key=lambda s: _rank(task, s))
    scenario = task.scenario(solution.placement.tier)
    placement = tidy(scenario, solution.placement)
    return Outcome(strategy, scenario, placement, evaluate(scenario, placement), bound)


def _best_tiers(task: Task, tiers: range, rate_pps: float, limit: float | None = None) -> tuple[list[Best], float]:
    """The tiers with the best value, the smaller first, and the bound over all. The larger tiers are solved first: most
    often they are better, and a tier that cannot reach the best value so far, or the limit, is given up as soon as that
    is known."""
    found: list[Best] = []
    bounds: list[float] = []
    lowest: float | None = None
    for left, tier in zip(range(len(tiers), 0, -1), reversed(tiers), strict=True):
        if found and task.solver.left_s == 0.0:
            bounds.append(0.0)
            break
        scenario = task.scenario(tier, rate_pps)
        solver = task.solver.sooner(1 / left)
        below = limit if lowest is None else lowest + TIE * max(1.0, lowest)
        best, bound = solve_first(
            scenario, task.objective, task.restriction, task.host_cores, solver, below, task.running
        )
        bounds.append(bound)
        if best is not None:
            lowest = best.value if lowest is None else min(lowest, best.value)
            found.append(best)
    if lowest is None:
        return [], min(bounds)
    kept = [best for best in reversed(found) if best.value <= lowest + TIE * max(1.0, lowest)]
    return kept, min(lowest, *bounds)


def _rank(task: Task, solution: Solution) -> tuple[int, int, int]:
    """Fewest host cores with what moving costs, then least latency without queues, then least NIC load."""
    evaluation, cores = solution.evaluation, solution.evaluation.host_cores
    if task.running is not None:
        cores += moves(task.scenario(solution.placement.tier), solution.placement, task.running).host_cores
    return _rounded(cores), _rounded(evaluation.in_flight), _rounded(evaluation.nic_cores)


def _rounded(cores: float) -> int:
    return round(cores / (2 * TIE))


def _search_rate(strategy: Strategy, task: Task, tiers: range, below: float | None) -> Outcome:
    """Solves at a rate, takes the rate that comes out, and so on; the best placement met is kept. What comes out may be
    beyond a rate already known to be too high, or below one that something sustains: what a machine can do falls off
    where more flows come than it takes up. Then the next rate is halfway between the two."""
    rate, bound = task.rate_pps, 0.0
    holds, fails = 0.0, math.inf
    best: tuple[float, Placement] | None = None
    for number in range(ROUNDS):
        limit = below if number == 0 else None
        candidates, lowest = _best_tiers(task, tiers, rate, limit)
        if not candidates and limit is not None:
            break
        if not candidates:
            fails = min(fails, rate)
            rate = _between(rate / 2, holds, fails)
            continue
        found = candidates[0].settle()
        placement = tidy(task.scenario(found.placement.tier, rate), found.placement)
        reached = sustained_pps(task, placement)
        bound = rate / lowest
        if best is None or reached > best[0] * (1 + TIE):
            best = (reached, placement)
        if found.value > 1:
            fails = min(fails, rate)
        holds = max(holds, best[0])
        if abs(found.value - 1) < NEAR or fails < holds * (1 + NEAR):
            break
        rate = _between(rate / found.value, holds, fails)
    if best is None or best[0] <= 0:
        return Outcome(strategy, task.scenario(-1), None, nothing(), 0.0)
    scenario = task.scenario(best[1].tier, best[0])
    evaluation = evaluate(scenario, best[1], task.host_cores)
    return Outcome(strategy, scenario, best[1], evaluation, max(bound, best[0]), task.host_cores)


def _between(rate_pps: float, holds_pps: float, fails_pps: float) -> float:
    """The rate if it is between the two, else their geometric mean."""
    if holds_pps < rate_pps < fails_pps or not 0 < holds_pps < fails_pps < math.inf:
        return rate_pps
    return math.sqrt(holds_pps * fails_pps)
