"""`--time-limit`: an answer in time, or what took so long."""

from __future__ import annotations

import signal
import time

import pytest

from cora.cli.planning import plan_for
from cora.cli.steps import Job, find_spec
from cora.cli.time_limit import limited
from cora.diagnostics import UserError
from cora.plan import PlanRequest, hurry
from cora.plan.request import Solver
from cora.plan.task import Task


@pytest.fixture(scope="module")
def job() -> Job:
    return Job(find_spec("rate_limiter"))


def test_any_step_is_interrupted() -> None:
    before = signal.getsignal(signal.SIGALRM)
    with pytest.raises(UserError) as caught, limited(0.1, lambda _: None) as limit:
        limit.show("counting to infinity")
        while True:
            pass
    assert caught.value.diagnostics[0].code == "C0625"
    assert "0.1 s has passed while counting to infinity" in caught.value.diagnostics[0].message
    assert signal.getsignal(signal.SIGALRM) == before and signal.getitimer(signal.ITIMER_REAL)[0] == 0


def test_what_is_in_time_is_left_alone() -> None:
    with limited(1000, lambda _: None) as limit:
        assert limit.until_s is not None and limit.until_s > time.monotonic()
    with limited(None, lambda _: None) as limit:
        assert limit.until_s is None
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0


def test_a_search_without_time_says_so(job: Job) -> None:
    request = PlanRequest(rate_pps=1e5, solver=Solver(until_s=time.monotonic() - 1))
    with pytest.raises(UserError) as caught:
        plan_for(job, "agilio-cx", request)
    assert caught.value.diagnostics[0].code == "C0625"


def test_enough_time_changes_nothing(job: Job) -> None:
    plain = PlanRequest(rate_pps=1e5, baselines=False)
    timed = PlanRequest(rate_pps=1e5, baselines=False, solver=Solver(until_s=time.monotonic() + 10_000))
    assert plan_for(job, "agilio-cx", timed) == plan_for(job, "agilio-cx", plain)


def test_comparisons_that_time_does_not_allow_are_named(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    def only_the_plan(task: Task) -> bool:
        return True

    monkeypatch.setattr(hurry, "out_of_time", only_the_plan)
    plan = plan_for(job, "agilio-cx", PlanRequest(rate_pps=1e5))
    assert plan.baselines == ()
    assert any(note.startswith("not compared with host-only, nic-only") for note in plan.notes)
