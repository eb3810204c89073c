"""Plans whose packets start over: chosen where that is best, and never where packets had better go on."""

from __future__ import annotations

import dataclasses

import pytest
from test_exhaustive import cores_of, exhaustive, task_of

from cora.model import load_model
from cora.model.legality import why_illegal
from cora.model.schema import Model
from cora.plan import PlanRequest, make_plan
from cora.plan.io import plan_from_json, plan_to_json
from cora.plan.over import may_gain
from cora.plan.request import STRATEGIES, Solver
from cora.plan.solve import TIE
from cora.plan.strategies import run_strategy
from cora.plan.task import Task
from cora.split import split_program
from cora.split.again import STRAYED
from evaluation.grid import TRAFFICS, job


def narrow(model: Model, bits_per_s: float) -> Model:
    """The machine with slow links."""
    links = tuple(
        dataclasses.replace(
            link, bandwidth_bps=dataclasses.replace(link.bandwidth_bps, value=bits_per_s, low=bits_per_s)
        )
        for link in model.links
    )
    return dataclasses.replace(model, links=links)


def heavy(task: Task, bits_per_s: float) -> Task:
    """Hand-offs carry 250 bytes, over slow links."""
    stages = tuple(dataclasses.replace(stage, live_bits=2000) for stage in task.graph.stages)
    graph = dataclasses.replace(task.graph, stages=stages)
    return dataclasses.replace(task, graph=graph, model=narrow(task.model, bits_per_s))


def test_the_optimum_is_that_of_enumeration_of_both() -> None:
    over = 0
    for seed in (3, 10, 23):
        task = heavy(task_of(seed), 3e9)
        found = run_strategy("ilp", task)
        on, again = exhaustive(task), exhaustive(task.started_over())
        assert cores_of(found) == pytest.approx(min(on, again), abs=4 * TIE), seed
        assert found.bound <= min(on, again) + 4 * TIE
        over += again < on - 0.01
        assert may_gain(task, task.rate_pps) or again >= on - 4 * TIE
        if found.feasible and found.placement is not None:
            assert found.placement.starts_over == (again < on - 2 * TIE)
            assert not why_illegal(found.scenario, found.placement)
        for strategy in STRATEGIES[1:]:
            assert cores_of(found) <= cores_of(run_strategy(strategy, task)) + 4 * TIE, strategy
    assert over == 2


def test_a_plan_says_that_packets_start_over() -> None:
    """Under churn nat's hand-offs fill the link between Arm cores and host; without variables more of them pass."""
    made = job("nat", next(t for t in TRAFFICS if t.name == "churn"), 20_000)
    model = load_model("bluefield2")
    request = PlanRequest(rate_pps=12.7e6, baselines=False)
    plan = make_plan(made.graph, made.profile, model, request)
    assert plan.starts_over and any("packets start over" in note for note in plan.notes)
    assert plan_from_json(plan_to_json(plan)) == plan
    task = Task(made.graph, made.profile, model, "min-cores", 12.7e6, None, Solver())
    assert plan.score.host_cores <= cores_of(run_strategy("traffic-only", task)) + TIE
    low = make_plan(made.graph, made.profile, model, dataclasses.replace(request, rate_pps=3e6))
    assert not low.starts_over and not any("packets start over" in note for note in low.notes)
    near, far = split_program(made.graph, plan).engines
    assert near.engine == "arm" and STRAYED in {block.name for block in far.program.blocks}
