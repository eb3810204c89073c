"""Reports of two network functions on two NICs, made once."""

from __future__ import annotations

import pytest

from cora.cli.planning import plan_for
from cora.cli.steps import Job, find_spec
from cora.plan import PlanRequest
from cora.report import Report

Reports = dict[tuple[str, str], Report]
CASES = [("nat", "agilio-cx"), ("firewall", "agilio-cx"), ("firewall", "bluefield2")]


@pytest.fixture(scope="session")
def reports() -> Reports:
    """By network function and target."""
    found: Reports = {}
    jobs = {nf: Job(find_spec(nf)) for nf, _ in CASES}
    for nf, target in CASES:
        job = jobs[nf]
        plan = plan_for(job, target, PlanRequest())
        inputs = {f"nf/{nf}.p4": "12ab" * 16, f"model: {target}.yaml": "34cd" * 16}
        options = {"strategy": "ilp", "pins": ""}
        found[nf, target] = Report(job.spec.summary, job.graph, plan, job.profile, "1.2.3", "clang 99", inputs, options)
    return found


@pytest.fixture(params=CASES, ids="-".join)
def report(request: pytest.FixtureRequest, reports: Reports) -> Report:
    return reports[request.param]
