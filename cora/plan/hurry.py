"""Planning under a time limit: our own plan first, then what it is compared with as far as there is time."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from cora.diagnostics import UserError, error
from cora.plan.request import Strategy
from cora.plan.strategies import run_strategy
from cora.plan.task import Outcome, Task

OWN_SHARE = 0.6
"""Of the time that is left, for the plan itself; the rest is for the strategies that it is compared with."""


def hurried(task: Task, share: float = OWN_SHARE) -> Task:
    """The task with a share of the time that is left, if time is limited."""
    return dataclasses.replace(task, solver=task.solver.sooner(share))


def out_of_time(task: Task) -> bool:
    return task.solver.left_s == 0.0


def no_time(task: Task) -> UserError:
    """What a search says that has found nothing by the end of its time: that is no proof that there is nothing."""
    return error(
        "C0625", f"no plan for {task.graph.program.name} on {task.model.name} was found within the time limit",
        help="give it more time, or take --strategy greedy or a lower rate",
    )  # fmt: skip


def compared(task: Task, strategies: Sequence[Strategy]) -> tuple[dict[Strategy, Outcome], tuple[str, ...]]:
    """The outcomes of the strategies for which there is time, and a note on the others. What runs out of time before it
    has a placement isn't shown either: it would look as if it had none."""
    outcomes: dict[Strategy, Outcome] = {}
    for number, strategy in enumerate(strategies):
        if not out_of_time(task):
            own = hurried(task, 1 / (len(strategies) - number))
            outcome = run_strategy(strategy, own)
            if outcome.placement is not None or not out_of_time(own):
                outcomes[strategy] = outcome
    left_out = [strategy for strategy in strategies if strategy not in outcomes]
    return outcomes, (f"not compared with {', '.join(left_out)}: the time limit",) if left_out else ()
