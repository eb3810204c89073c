"""The strategies: ours and the baselines that it is compared with, all on one model and scored by one evaluator.

host-only     the reference: nothing on the NIC, no hand-offs.
nic-only      the whole program on the NIC engine that is next to the host, overload shown.
state-only    each state group with all its traffic lives in one place; the best such choice, by the integer program.
traffic-only  the NIC serves whole packets or none: no state lives on it alone, and a packet that it doesn't finish
              starts over on the host; the best such choice of sizes and classes, by the integer program.
max-offload   as much of the program on the NIC as fits there, whatever it costs, as Gallium does.
greedy        state groups, the most rewarding first, into the fastest memory of the NIC while the target holds, as the
              Vela prototype does.
ilp           all of it: state and traffic.
"""

from __future__ import annotations

import dataclasses

from cora.model.evaluate import evaluate
from cora.model.placement import Placement
from cora.plan.greedy import greedy
from cora.plan.migration import moves
from cora.plan.request import Strategy
from cora.plan.solve import TIE, Best, Solution, most_on_nic, solve_first
from cora.plan.task import Outcome, Task, all_on, fixed, host_only, nothing, sustained_pps, tidy

ROUNDS = 6
"""Max-rate: working sets depend on the rate that comes out; so many times the program is solved at the last one."""


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
            return _search(strategy, task, task.tiers)


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
    """On a graph whose crossings start over; the crossing rules of the program itself still hold."""
    restriction = dataclasses.replace(task.restriction, nothing_only_on_nic=True)
    whole = dataclasses.replace(task, graph=task.graph.from_the_start(), restriction=restriction)
    found = _search("traffic-only", whole, task.tiers)
    return _better(task, found, dataclasses.replace(_nic_only(task), strategy="traffic-only"))


def _better(task: Task, one: Outcome, other: Outcome) -> Outcome:
    if not other.feasible or not one.feasible:
        return other if other.feasible else one
    if task.objective == "max-rate":
        return other if other.scenario.rate_pps > one.scenario.rate_pps * (1 + TIE) else one
    return other if other.evaluation.host_cores < one.evaluation.host_cores - TIE else one


def _search(strategy: Strategy, task: Task, tiers: range) -> Outcome:
    """The best over the residency tiers; ties go to the smaller tier."""
    if task.objective == "max-rate":
        return _search_rate(strategy, task, tiers)
    best, bound = _best_tiers(task, tiers, task.rate_pps)
    solutions = [candidate.settle() for candidate in best]
    if not solutions:
        return Outcome(strategy, task.scenario(-1), None, nothing(), 0.0)
    solution = min(solutions, key=lambda s: _rank(task, s))
    scenario = task.scenario(solution.placement.tier)
    placement = tidy(scenario, solution.placement)
    return Outcome(strategy, scenario, placement, evaluate(scenario, placement), bound)


def _best_tiers(task: Task, tiers: range, rate_pps: float) -> tuple[list[Best], float]:
    """The tiers with the best value, the smaller first, and the bound over all. The larger tiers are solved first: most
    often they are better, and a tier that cannot reach the best value so far is given up as soon as that is known."""
    found: list[Best] = []
    bounds: list[float] = []
    lowest: float | None = None
    for left, tier in zip(range(len(tiers), 0, -1), reversed(tiers), strict=True):
        if found and task.solver.left_s == 0.0:
            bounds.append(0.0)
            break
        scenario = task.scenario(tier, rate_pps)
        solver = task.solver.sooner(1 / left)
        below = None if lowest is None else lowest + TIE * max(1.0, lowest)
        best, bound = solve_first(
            scenario, task.objective, task.restriction, task.host_cores, solver, below, task.running
        )
        bounds.append(bound)
        if best is not None:
            lowest = best.value if lowest is None else min(lowest, best.value)
            found.append(best)
    if lowest is None:
        return [], 0.0
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


def _search_rate(strategy: Strategy, task: Task, tiers: range) -> Outcome:
    """Solves at a rate, takes the rate that comes out, and so on; the best placement met is kept."""
    rate, bound = task.rate_pps, 0.0
    best: tuple[float, Placement] | None = None
    for _ in range(ROUNDS):
        candidates, lowest = _best_tiers(task, tiers, rate)
        if not candidates:
            rate /= 2
            continue
        found = candidates[0].settle()
        placement = tidy(task.scenario(found.placement.tier, rate), found.placement)
        reached = sustained_pps(task, placement)
        bound = rate / lowest
        if best is None or reached > best[0] * (1 + TIE):
            best = (reached, placement)
        if abs(found.value - 1) < 1e-3:
            break
        rate = rate / found.value
    if best is None or best[0] <= 0:
        return Outcome(strategy, task.scenario(-1), None, nothing(), 0.0)
    scenario = task.scenario(best[1].tier, best[0])
    evaluation = evaluate(scenario, best[1], task.host_cores)
    return Outcome(strategy, scenario, best[1], evaluation, max(bound, best[0]), task.host_cores)
