"""The greedy baseline, as the Vela prototype: state groups into the fastest memory of the NIC while the target holds.

Groups come in the order of accesses x instructions / entries: what is accessed most, by the most code, for the least
memory. Each takes the fastest memory in which it doesn't raise the cost; what was decided is never looked at again.
With the groups decided the stages are placed as well as possible, by the integer program.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from cora.model.placement import GroupChoice
from cora.model.scenario import Scenario
from cora.plan.solve import TIE, Best, solve_first
from cora.plan.task import Outcome, Task, fixed, nothing, tidy


@dataclass(frozen=True, slots=True)
class _Step:
    """What has been decided: a choice for each group, and the tier once a group has copies of entries."""

    choices: dict[int, GroupChoice]
    tier: int
    best: Best
    holds: bool
    """The target is reached; if not, `best.value` is by how much it is missed."""

    @property
    def rank(self) -> tuple[bool, float]:
        return not self.holds, self.best.value


def greedy(task: Task) -> Outcome:
    """The outcome; without a placement if not even everything on the host is allowed. Of the greedy ways with copies,
    with records, and with whole groups only, the best one."""
    copies = len(task.profile.tiers)
    kinds = (range(copies), range(copies, max(task.tiers) + 1), range(0))
    groups = range(len(task.graph.groups))
    scenario = task.scenario(-1)
    start = _solved(task, {g: scenario.options(g)[0] for g in groups}, -1)
    if start is None:
        return Outcome("greedy", task.scenario(-1), None, nothing(), 0.0)
    order = sorted(groups, key=lambda g: (-_reward(scenario, g), g))
    ends: list[_Step] = []
    for tiers in kinds:
        step = start
        for group in order:
            step = _better(task, tiers, step, group)
        ends.append(step)
    step = min(ends, key=lambda s: s.rank)
    found = tidy(task.scenario(step.tier), step.best.settle().placement)
    return fixed("greedy", task, found)


def _reward(scenario: Scenario, group: int) -> float:
    """Accesses/s x instructions of the stages that make them / entries."""
    states = {facts.name for facts in scenario.graph.groups[group].states}
    accesses = sum(load.accesses_per_s for load in scenario.traffic.states if load.state in states)
    touching = [s.index for s in scenario.graph.stages if group in scenario.stage_groups(s.index)]
    entries = sum(scenario.stored(state) for state in states)
    return accesses * sum(map(scenario.stage_instructions, touching)) / max(entries, 1.0)


def _better(task: Task, tiers: range, step: _Step, group: int) -> _Step:
    """The step after deciding on a group: the best mode in the fastest memory that does no harm."""
    scenario = task.scenario(max(tiers, default=-1))
    model = scenario.model
    outer = [m for engine in scenario.engines[:-1] for m in model.memories_of(engine.name)]
    for memory in sorted(outer, key=lambda m: m.read_latency_cycles.value):
        ways = [o for o in scenario.options(group) if o.memory == memory.name]
        tried = [t for option in ways if (t := _tried(task, tiers, step, group, option)) is not None]
        if tried:
            best = min(tried, key=lambda s: s.rank)
            if best.rank <= (not step.holds, step.best.value + TIE):
                return best
    return step


def _tried(task: Task, tiers: range, step: _Step, group: int, option: GroupChoice) -> _Step | None:
    choices = {**step.choices, group: option}
    if step.tier >= 0 or not task.scenario(-1).is_partial(group, option):
        return _solved(task, choices, step.tier)
    steps = (_solved(task, choices, tier) for tier in reversed(tiers))
    return next((s for s in steps if s is not None), None)  # the most copies that hold


def _solved(task: Task, choices: dict[int, GroupChoice], tier: int) -> _Step | None:
    """With the groups decided. While the target is out of reach, what comes nearest to it."""
    restriction = dataclasses.replace(task.restriction, choices=tuple(sorted(choices.items(), key=lambda c: c[0])))
    scenario = task.scenario(tier)
    best, _ = solve_first(scenario, task.objective, restriction, task.host_cores, task.solver)
    if best is not None:
        return _Step(choices, tier, best, holds=True)
    best, _ = solve_first(scenario, "max-rate", restriction, task.host_cores, task.solver)
    return _Step(choices, tier, best, holds=False) if best is not None else None
