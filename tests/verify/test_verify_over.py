"""Bundled functions whose packets start over, packet by packet against the whole program."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cora.cli.planning import plan_for
from cora.cli.steps import Job, find_spec
from cora.plan.request import PlanRequest
from cora.split import split_program
from cora.verify.run import Verification


@pytest.mark.parametrize("function", ["nat", "dns_cache"])
def test_what_starts_over_comes_to_the_same(function: str) -> None:
    job = Job(find_spec(function))
    plan = plan_for(job, "softnic", PlanRequest(baselines=False))
    on, over = (split_program(job.graph, replace(plan, starts_over=again)) for again in (False, True))
    assert sum(layout.size for layout in over.layouts) < sum(layout.size for layout in on.layouts)
    report = Verification(job.spec, job.program, over, kernel=False).run(job.replay.packets[:700], 300, "trace")
    assert report.equal and all(phase.handed_off > 20 for phase in report.phases)
