"""The integer program against every placement there is, on small random programs; the evaluator is the judge."""

from __future__ import annotations

import dataclasses
import itertools
import random
from collections.abc import Iterator

import pytest
from hand_made import random_case

from cora.model import load_model
from cora.model.evaluate import evaluate
from cora.model.placement import Placement
from cora.model.scenario import Scenario
from cora.model.schema import Model
from cora.plan.ilp import Restriction
from cora.plan.request import STRATEGIES, Solver
from cora.plan.solve import TIE
from cora.plan.strategies import Outcome, Task, run_strategy


def _machine(seed: int) -> Model:
    """A soft NIC whose memory, ability to insert and expire, and line rate vary."""
    rng = random.Random(seed + 1000)
    model = load_model("softnic")
    nic, host = model.engines
    able = dataclasses.replace(
        nic.capabilities, data_plane_insert=rng.random() < 0.5, expires_entries=rng.random() < 0.5
    )
    size = rng.choice((2.0**17, 2.0**20, 2.0**28))
    first = model.memories[0]
    small = dataclasses.replace(first, capacity_bytes=dataclasses.replace(first.capacity_bytes, value=size))
    return dataclasses.replace(
        model,
        engines=(dataclasses.replace(nic, capabilities=able), host),
        memories=(small, *model.memories[1:]),
    )


def task_of(seed: int) -> Task:
    graph, profile = random_case(seed)
    rate = random.Random(seed + 2000).choice((0.3e6, 1.2e6, 2.0e6, 2.6e6))
    return Task(graph, profile, _machine(seed), "min-cores", rate, None, Solver(), Restriction())


def _all_placements(scenario: Scenario) -> Iterator[Placement]:
    engines = [engine.name for engine in scenario.engines]
    count = len(scenario.graph.stages)
    split = sorted(scenario.routes.after_lookup)
    choices = list(itertools.product(*(scenario.options(g) for g in range(len(scenario.graph.groups)))))
    for hot in itertools.product(engines, repeat=count):
        for apart in itertools.product(engines, repeat=len(split)):
            cold = list(hot)
            for stage, engine in zip(split, apart, strict=True):
                cold[stage] = engine
            for groups in choices:
                yield Placement(hot, tuple(cold), groups, scenario.tier)


def exhaustive(task: Task) -> float:
    best = float("inf")
    for tier in task.tiers:
        scenario = task.scenario(tier)
        for placement in _all_placements(scenario):
            evaluation = evaluate(scenario, placement)
            if evaluation.feasible:
                best = min(best, evaluation.host_cores)
    return best


def cores_of(outcome: Outcome) -> float:
    return outcome.evaluation.host_cores if outcome.feasible else float("inf")


@pytest.mark.parametrize("seed", range(50))
def test_the_optimum_is_that_of_enumeration(seed: int) -> None:
    task = task_of(seed)
    found = run_strategy("ilp", task)
    best = exhaustive(task)
    assert cores_of(found) == pytest.approx(best, abs=4 * TIE)
    assert found.bound <= best + 4 * TIE


@pytest.mark.parametrize("seed", range(12))
def test_no_baseline_beats_the_integer_program(seed: int) -> None:
    task = task_of(seed)
    ours = cores_of(run_strategy("ilp", task))
    for strategy in STRATEGIES[1:]:
        assert ours <= cores_of(run_strategy(strategy, task)) + 4 * TIE, strategy


@pytest.mark.parametrize("seed", range(8))
def test_both_solvers_find_the_same_optimum(seed: int) -> None:
    task = task_of(seed)
    second = dataclasses.replace(task, solver=Solver("cbc"))
    assert cores_of(run_strategy("ilp", second)) == pytest.approx(cores_of(run_strategy("ilp", task)), abs=4 * TIE)


def test_the_cases_are_not_all_alike() -> None:
    """Enough of the random cases have an optimum between host-only and nothing on the host."""
    between = 0
    for seed in range(50):
        task = task_of(seed)
        alone, ours = cores_of(run_strategy("host-only", task)), cores_of(run_strategy("ilp", task))
        between += 0.02 < ours < alone - 0.01
    assert between >= 8
