"""Plans under traffic that is not taken as it is: faster (`--scale time`), or in two parts (`--plan-on`)."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cora.cli.steps import Job
from cora.model import load_model
from cora.plan import PlanRequest
from cora.plan.plan import Plan

if TYPE_CHECKING:
    from cora.model.placement import Placement
    from cora.model.schema import Model
    from cora.traffic.profile import Profile
    from cora.traffic.take_profile import ProfileOptions


@dataclass(frozen=True, slots=True)
class RestScore:
    """What a plan that was made on the first part of a trace comes to on the rest, at the planned rate."""

    plan: Plan
    share: float
    """Of the packets, that was planned on."""
    packets: int
    """In the rest."""
    host_cores: float
    host_only_cores: float
    """Without any offload, on the rest."""
    throughput_pps: float
    reason: str
    """Why the plan can't carry the rest, "" if it can."""

    def words(self) -> str:
        head = f"planned on the first {100 * self.share:g}% of the packets, scored on the {self.packets:,} after them: "
        planned = self.plan.score.host_cores
        if self.reason:
            return f"{head}the plan doesn't hold: {self.reason}"
        return (
            f"{head}{self.host_cores:.2f} host cores, {planned:.2f} planned, {self.host_only_cores:.2f} without offload"
        )


def plan_in_time(job: Job, model: Model, request: PlanRequest) -> Plan:
    """The plan for a job's traffic, played as fast as the plan's rate says."""
    from cora.plan.settle import settle

    job.show(f"planning for {model.name}")
    options = _options(job, model)
    return settle(job.graph, job.profile, lambda rate: job.profile_at(rate, options), model, request).plan


def plan_on_part(job: Job, target: str, request: PlanRequest, share: float) -> tuple[Plan, RestScore]:
    """The plan for the first `share` of a job's packets, and its score on the rest."""
    model = load_model(target)
    planner = _part_in_time if request.scale == "time" else _part_in_flows
    plan, placement, rest = planner(job, model, request, share)
    score = _score(job, model, request, plan, placement, rest, share)
    return dataclasses.replace(plan, notes=(*plan.notes, score.words())), score


def _options(job: Job, model: Model) -> ProfileOptions:
    from cora.plan.settle import insertions_per_tick

    budget = insertions_per_tick(model, job.profiling.tick_ns)
    return dataclasses.replace(job.profiling, insertions_per_tick=budget)


def _part_in_flows(job: Job, model: Model, request: PlanRequest, share: float) -> tuple[Plan, Placement, Profile]:
    from cora.plan.planner import plan_and_placement

    first, rest = job.parts(share)
    job.show(f"planning for {model.name}")
    return *plan_and_placement(job.graph, first, model, request), rest


def _part_in_time(job: Job, model: Model, request: PlanRequest, share: float) -> tuple[Plan, Placement, Profile]:
    from cora.plan.settle import settle

    start, options = job.parts(share)[0], _options(job, model)

    def parts_at(rate_pps: float) -> tuple[Profile, Profile]:
        return job.parts(share, rate_pps / start.rate_pps, options)

    found = settle(job.graph, start, lambda rate: parts_at(rate)[0], model, request)
    return found.plan, found.placement, job.parts(share, found.profile.compression, options)[1]


def _score(
    job: Job, model: Model, request: PlanRequest, plan: Plan, placement: Placement, rest: Profile, share: float
) -> RestScore:
    from cora.model.scenario import Scenario
    from cora.plan.reserve import without_reserved
    from cora.plan.settle import score_on
    from cora.plan.task import host_only

    model = without_reserved(model, request.reserve)
    cores = (request.cores or 1.0) if request.objective == "max-rate" else None
    nothing = host_only(Scenario(job.graph, rest, model, plan.rate_pps, -1))
    got, alone = (score_on(job.graph, rest, model, plan, p, cores, request) for p in (placement, nothing))
    return RestScore(plan, share, rest.packets, got.host_cores, alone.host_cores, got.throughput_pps, got.reason)


def print_scores(scores: Sequence[RestScore], show: Callable[[object], None]) -> None:
    """Planned and scored side by side, a row a target."""
    from cora.cli.traffic_tables import score_table

    rows = [
        (
            s.plan.target,
            f"{s.plan.score.host_cores:.2f}",
            f"{s.host_cores:.2f}",
            f"{s.host_only_cores:.2f}",
            f"{s.throughput_pps:,.0f}",
            s.reason or "holds",
        )
        for s in scores
    ]
    show(score_table(scores[0].share, scores[0].packets, rows))
