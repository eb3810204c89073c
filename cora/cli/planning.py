"""Plans for the command line: by target for a program, or the one that a bundle holds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from cora.cli.steps import Job, bundle_spec, find_spec, refuse_arch

if TYPE_CHECKING:
    from cora.model.placement import Placement
    from cora.plan import PlanRequest
    from cora.plan.plan import Plan
    from cora.split.engines import Split


def plan_for(job: Job, target: str, request: PlanRequest) -> Plan:
    """The plan of a job's program and traffic for a target (the name of a model, or a file)."""
    if request.scale == "time":
        from cora.cli.traffic_plans import plan_in_time
        from cora.model import load_model

        return plan_in_time(job, load_model(target), request)
    return placed_plan(job, target, request)[0]


def placed_plan(job: Job, target: str, request: PlanRequest) -> tuple[Plan, Placement]:
    """As `plan_for`, for `--scale flows`, with the placement that the plan describes."""
    from cora.model import load_model
    from cora.plan.planner import plan_and_placement

    model = load_model(target)
    graph, profile = job.graph, job.profile
    job.show(f"planning for {model.name}")
    return plan_and_placement(graph, profile, model, request)


def planned(
    named: str,
    target: str,
    traffic: Path | None,
    allow_truncated: bool,
    show: Callable[[str], None],
    arch: Path | None = None,
) -> tuple[Job, Plan]:
    """The plan of a bundle, or of a program for `target` at the default rate; with its job."""
    from cora.bundle import is_bundle, read_bundle
    from cora.plan import PlanRequest

    path = Path(named)
    if is_bundle(path):
        refuse_arch(arch)
        bundle = read_bundle(path)
        return Job(bundle_spec(bundle), traffic, allow_truncated, show), bundle.plan
    job = Job(find_spec(named, arch), traffic, allow_truncated, show)
    return job, plan_for(job, target, PlanRequest(baselines=False))


def split_of(
    named: str,
    target: str,
    traffic: Path | None,
    allow_truncated: bool,
    show: Callable[[str], None],
    arch: Path | None = None,
) -> tuple[Job, Split]:
    """The split of a bundle, or of a program planned for `target` at the default rate; with its job."""
    from cora.split import split_program

    job, plan = planned(named, target, traffic, allow_truncated, show, arch)
    return job, split_program(job.graph, plan)
