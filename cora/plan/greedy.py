"""The greedy baseline, as the Vela prototype: state groups into the fastest memory of the NIC while the target holds.

Groups come in the order of accesses x instructions / entries: what is accessed most, by the most code, for the least
memory. Each takes the fastest memory in which it doesn't raise the cost; what was decided is never looked at again.
With the groups decided the stages are placed as well as possible, by the integer program.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field

from cora.model.placement import GroupChoice
from cora.model.scenario import Scenario
from cora.plan.solve import TIE, Best, solve_first
from cora.plan.task import Outcome, Task, fixed, nothing, tidy

MAX_STEPS = 24
"""Of more groups than this, several that are neighbours in that order are decided together: each decision solves an
integer program, and a large program has hundreds of tables."""
Choices = tuple[tuple[int, GroupChoice], ...]


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
    run = _Run(task)
    scenario = run.task.scenario(-1)
    start = run.solved({g: scenario.options(g)[0] for g in groups}, -1)
    if start is None:
        return Outcome("greedy", scenario, None, nothing(), 0.0)
    order = sorted(groups, key=lambda g: (-_reward(scenario, g), g))
    size = max(1, -(-len(order) // MAX_STEPS))
    ends: list[_Step] = []
    for tiers in dict.fromkeys(kinds):
        step = start
        for first in range(0, len(order), size):
            step = run.better(tiers, step, order[first : first + size])
        ends.append(step)
    step = min(ends, key=lambda s: s.rank)
    found = tidy(run.task.scenario(step.tier), step.best.settle().placement)
    return fixed("greedy", task, found)


def _reward(scenario: Scenario, group: int) -> float:
    """Accesses/s x instructions of the stages that make them / entries."""
    states = {facts.name for facts in scenario.graph.groups[group].states}
    accesses = sum(load.accesses_per_s for load in scenario.traffic.states if load.state in states)
    touching = [s.index for s in scenario.graph.stages if group in scenario.stage_groups(s.index)]
    entries = sum(scenario.stored(state) for state in states)
    return accesses * sum(map(scenario.stage_instructions, touching)) / max(entries, 1.0)


@dataclass(slots=True)
class _Run:
    task: Task
    _solved: dict[tuple[int, Choices], _Step | None] = field(default_factory=dict[tuple[int, Choices], "_Step | None"])
    """By tier and choices: the ways with copies, with records, and with whole groups begin alike."""

    def better(self, tiers: range, step: _Step, groups: Sequence[int]) -> _Step:
        """The step after deciding on these groups: the best mode in the fastest memory that does no harm."""
        scenario = self.task.scenario(max(tiers, default=-1))
        model = scenario.model
        outer = [m for engine in scenario.engines[:-1] for m in model.memories_of(engine.name)]
        for memory in sorted(outer, key=lambda m: m.read_latency_cycles.value):
            ways = [[o for o in scenario.options(g) if o.memory == memory.name] for g in groups]
            tried: list[_Step] = []
            for number in range(max(map(len, ways))):
                # A group with fewer ways takes its last one.
                choices = {g: own[min(number, len(own) - 1)] for g, own in zip(groups, ways, strict=True) if own}
                if (found := self.tried(tiers, step, choices)) is not None:
                    tried.append(found)
            if tried:
                best = min(tried, key=lambda s: s.rank)
                if best.rank <= (not step.holds, step.best.value + TIE):
                    return best
        return step

    def tried(self, tiers: range, step: _Step, new: dict[int, GroupChoice]) -> _Step | None:
        choices = {**step.choices, **new}
        scenario = self.task.scenario(-1)
        if step.tier >= 0 or not any(scenario.is_partial(group, option) for group, option in new.items()):
            return self.solved(choices, step.tier)
        steps = (self.solved(choices, tier) for tier in reversed(tiers))
        return next((s for s in steps if s is not None), None)  # the most copies that hold

    def solved(self, choices: dict[int, GroupChoice], tier: int) -> _Step | None:
        """With the groups decided. While the target is out of reach, what comes nearest to it."""
        decided = tuple(sorted(choices.items(), key=lambda c: c[0]))
        if (tier, decided) not in self._solved:
            self._solved[tier, decided] = self._solve(choices, decided, tier)
        return self._solved[tier, decided]

    def _solve(self, choices: dict[int, GroupChoice], decided: Choices, tier: int) -> _Step | None:
        task = self.task
        restriction = dataclasses.replace(task.restriction, choices=decided)
        scenario = task.scenario(tier)
        best, _ = solve_first(scenario, task.objective, restriction, task.host_cores, task.solver)
        if best is not None:
            return _Step(choices, tier, best, holds=True)
        best, _ = solve_first(scenario, "max-rate", restriction, task.host_cores, task.solver)
        return _Step(choices, tier, best, holds=False) if best is not None else None
