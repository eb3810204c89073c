"""The strategies: ours and the baselines that it is compared with, all on one model and scored by one evaluator.

host-only     the reference: nothing on the NIC, no hand-offs.
nic-only      the whole program on the NIC engine that is next to the host, overload shown.
state-only    each state group with all its traffic lives in one place; the best such choice, by the integer program.
traffic-only  the NIC serves whole packets or none: no state lives on it alone, and a packet that it doesn't finish
              starts over on the host; the best such choice of sizes and classes, by the integer program.
ilp           all of it: state and traffic.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from cora.analysis.graph import StateGraph
from cora.model.evaluate import Evaluation, evaluate
from cora.model.placement import GroupChoice, Placement
from cora.model.scenario import Scenario
from cora.model.schema import Model
from cora.plan.ilp import Restriction
from cora.plan.request import Objective, Strategy
from cora.plan.solve import TIE, Solution, solve
from cora.traffic.profile import Profile

ROUNDS = 6
"""Max-rate: working sets depend on the rate that comes out; so many times the program is solved at the last one."""


@dataclass(frozen=True, slots=True)
class Task:
    """What to plan for. `rate_pps` is the planned rate, or where the search for the highest begins."""

    graph: StateGraph
    profile: Profile
    model: Model
    objective: Objective
    rate_pps: float
    host_cores: float | None
    node_limit: int
    restriction: Restriction = Restriction()

    def scenario(self, tier: int, rate_pps: float | None = None) -> Scenario:
        return Scenario(self.graph, self.profile, self.model, rate_pps or self.rate_pps, tier)

    @property
    def tiers(self) -> range:
        return range(-1, len(self.profile.tiers))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a strategy came to: a placement at a rate, scored; or only the reason why there is none."""

    strategy: Strategy
    scenario: Scenario
    placement: Placement | None
    evaluation: Evaluation
    bound: float
    """Host cores that no placement of the strategy goes below; for max-rate the rate that none goes above."""

    @property
    def feasible(self) -> bool:
        return self.placement is not None and self.evaluation.feasible


def run_strategy(strategy: Strategy, task: Task) -> Outcome:
    """The best placement of a strategy."""
    match strategy:
        case "host-only":
            return _fixed(strategy, task, host_only(task.scenario(-1)))
        case "nic-only":
            return _nic_only(task)
        case "state-only":
            restriction = dataclasses.replace(task.restriction, exclusive_only=True)
            return _search(strategy, dataclasses.replace(task, restriction=restriction), range(-1, 0))
        case "traffic-only":
            return _traffic_only(task)
        case "ilp":
            return _search(strategy, task, task.tiers)


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


def _nic_only(task: Task) -> Outcome:
    scenario = task.scenario(-1)
    if len(scenario.engines) == 1:
        nothing = Evaluation(f"{task.model.name} has no NIC engine that runs stages", (), 0.0, 0.0, 0.0, "")
        return Outcome("nic-only", scenario, None, nothing, 0.0)
    return _fixed("nic-only", task, all_on(scenario, scenario.engines[-2].name))


def _fixed(strategy: Strategy, task: Task, placement: Placement) -> Outcome:
    """A strategy without choices."""
    if task.objective == "min-cores":
        scenario = task.scenario(placement.tier)
        evaluation = evaluate(scenario, placement)
        return Outcome(strategy, scenario, placement, evaluation, evaluation.host_cores)
    scenario = task.scenario(placement.tier, sustained_pps(task, placement) or task.rate_pps)
    evaluation = evaluate(scenario, placement, task.host_cores)
    return Outcome(strategy, scenario, placement, evaluation, scenario.rate_pps)


def _traffic_only(task: Task) -> Outcome:
    """On a graph whose crossings start over; the crossing rules of the program itself still hold."""
    parser = task.graph.stages[0].index
    edges = tuple(dataclasses.replace(edge, restart=parser) for edge in task.graph.edges)
    restriction = dataclasses.replace(task.restriction, nothing_only_on_nic=True)
    whole = dataclasses.replace(task, graph=dataclasses.replace(task.graph, edges=edges), restriction=restriction)
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
    best: tuple[tuple[float, float], Solution, Scenario] | None = None
    bounds: list[float] = []
    for tier in tiers:
        scenario = task.scenario(tier)
        solution = solve(scenario, "min-cores", task.restriction, None, task.node_limit)
        if solution is None:
            continue
        bounds.append(solution.bound)
        rank = (_rounded(solution.evaluation.host_cores), _rounded(solution.evaluation.nic_cores))
        if best is None or rank < best[0]:
            best = (rank, solution, scenario)
    if best is None:
        return Outcome(strategy, task.scenario(-1), None, _nothing(), 0.0)
    _, solution, scenario = best
    placement = tidy(scenario, solution.placement)
    return Outcome(strategy, scenario, placement, evaluate(scenario, placement), min(bounds))


def _rounded(cores: float) -> float:
    return round(cores / (2 * TIE))


def _nothing() -> Evaluation:
    return Evaluation("no placement satisfies all constraints", (), 0.0, 0.0, 0.0, "")


def _search_rate(strategy: Strategy, task: Task, tiers: range) -> Outcome:
    """Solves at a rate, takes the rate that comes out, and so on; the best placement met is kept."""
    rate, bound = task.rate_pps, 0.0
    best: tuple[float, Placement] | None = None
    for _ in range(ROUNDS):
        solutions = [
            s
            for tier in tiers
            if (s := solve(task.scenario(tier, rate), "max-rate", task.restriction, task.host_cores, task.node_limit))
        ]
        if not solutions:
            rate /= 2
            continue
        found = min(solutions, key=lambda s: s.value)
        placement = tidy(task.scenario(found.placement.tier, rate), found.placement)
        reached = sustained_pps(task, placement)
        bound = rate / min(s.bound for s in solutions)
        if best is None or reached > best[0] * (1 + TIE):
            best = (reached, placement)
        if abs(found.value - 1) < 1e-3:
            break
        rate = rate / found.value
    if best is None or best[0] <= 0:
        return Outcome(strategy, task.scenario(-1), None, _nothing(), 0.0)
    scenario = task.scenario(best[1].tier, best[0])
    return Outcome(strategy, scenario, best[1], evaluate(scenario, best[1], task.host_cores), max(bound, best[0]))


def sustained_pps(task: Task, placement: Placement) -> float:
    """The highest rate at which a placement holds on the given host cores, with working sets that grow with it."""
    wire = task.model.wire
    mean_bits = 8 * (task.profile.bytes / task.profile.packets + wire.framing_bytes)
    high = wire.line_rate_bps.value / mean_bits

    def holds(rate_pps: float) -> bool:
        return evaluate(task.scenario(placement.tier, rate_pps), placement, task.host_cores).feasible

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
    """The placement without copies that no stage uses."""
    groups = list(placement.groups)
    for index, choice in enumerate(groups):
        used = any(
            choice.holder in (placement.hot[stage.index], placement.cold[stage.index])
            for stage in scenario.graph.stages
            if index in scenario.stage_groups(stage.index)
        )
        if choice.holder and not used:
            groups[index] = scenario.options(index)[0]
    return dataclasses.replace(placement, groups=tuple(groups))
