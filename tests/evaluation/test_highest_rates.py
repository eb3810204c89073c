"""The search for the highest rate, where what a machine can do falls off: answers are installed only so fast."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import pytest

from cora.plan.request import Solver, Strategy
from cora.plan.strategies import run_strategy
from cora.plan.task import Task
from evaluation.grid import MACHINES, TRAFFICS, job


@pytest.mark.parametrize("name", ["traffic-only", "ilp"])
def test_no_higher_rate_holds_with_so_many_cores(name: str) -> None:
    strategy = cast(Strategy, name)
    made = job("dns_cache", next(t for t in TRAFFICS if t.name == "elephants"), None)
    model = next(m for m in MACHINES if m.name == "fpga-opennic").model()
    task = Task(made.graph, made.profile, model, "max-rate", made.profile.rate_pps, 1.0, Solver())
    found = run_strategy(strategy, task)
    for times in (1.05, 1.2, 1.5):
        rate = found.scenario.rate_pps * times
        there = run_strategy(strategy, replace(task, objective="min-cores", host_cores=None, rate_pps=rate))
        assert not there.feasible or there.evaluation.host_cores > 1.0, times
