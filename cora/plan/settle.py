"""Planning under traffic whose shares depend on the rate, and scoring a plan under other traffic.

Under `--scale time` the share of packets that hit depends on the rate (a copy is as long on its way as ever, an idle
timeout as long), while the rate that is planned for may depend on the shares: the default rate of a target and
`max-rate` do. So the trace is profiled at a rate, the rate is found again, and so on until neither moves.

Under `--scale flows` each copy of the trace keeps its own pace, so shares are the same at every rate and nothing has to
settle.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from math import exp, log

from cora.analysis.graph import StateGraph
from cora.model.evaluate import Evaluation, evaluate
from cora.model.placement import Placement
from cora.model.scenario import Scenario
from cora.model.schema import Model
from cora.plan.plan import Plan
from cora.plan.planner import plan_and_placement
from cora.plan.rates import default_rate_pps
from cora.plan.request import PlanRequest
from cora.plan.stale import relaxed
from cora.traffic.profile import Profile
from cora.traffic.retime import largest_move

ROUNDS = 6
"""Profiles that are taken at most."""
SETTLED_RATE = 0.01
"""How far the rate of the profile may be from the planned one, as a share of it."""
FARTHEST = 4.0
"""A secant that leads farther from the rate that came out last, as a factor, is not followed."""

ProfileAt = Callable[[float], Profile]
"""The profile of the traffic at a rate in packets/s."""


@dataclass(frozen=True, slots=True)
class Round:
    """One profile on the way: the rate that it was taken at, and how far its shares are from the one before."""

    rate_pps: float
    moved: float


@dataclass(frozen=True, slots=True)
class Settled:
    plan: Plan
    placement: Placement
    profile: Profile
    """The profile that was planned with, taken at (nearly) the planned rate."""
    rounds: tuple[Round, ...]
    settled: bool


def settle(graph: StateGraph, start: Profile, profile_at: ProfileAt, model: Model, request: PlanRequest) -> Settled:
    """The plan for a request with `scale="time"`, made with a profile of its own rate. `start` is the profile at the
    trace's pace. It has settled when the rate that the request means under the shares of a profile is the rate that
    the profile was taken at. After `ROUNDS` profiles it plans with the last one, and a note of the plan says so."""
    profile, rounds, search = dataclasses.replace(start, scale="time"), list[Round](), _Search()
    rate = _rate(graph, profile, model, request)
    settled = False
    while not settled and len(rounds) < ROUNDS:
        found = profile_at(rate)
        rounds.append(Round(rate, largest_move(profile, found)))
        profile = found
        meant = _rate(graph, profile, model, request)
        settled = abs(meant - rate) <= SETTLED_RATE * rate
        if not settled and len(rounds) < ROUNDS:
            rate = search.next(rate, meant)
    if request.objective == "min-cores":
        request = dataclasses.replace(request, rate_pps=rate)
    plan, placement = plan_and_placement(graph, profile, model, request)
    plan = dataclasses.replace(plan, notes=(*plan.notes, _note(rounds, settled)))
    return Settled(plan, placement, profile, tuple(rounds), settled)


class _Search:
    """Looks for a rate that means itself: a secant on the logarithms of the rates tried and of those that came out,
    where there are two and it goes nowhere far, else what came out last."""

    def __init__(self) -> None:
        self.tried: list[tuple[float, float]] = []

    def next(self, rate: float, meant: float) -> float:
        """The rate to try after `rate` has led to `meant`."""
        self.tried.append((log(rate), log(meant) - log(rate)))
        if len(self.tried) < 2:
            return meant
        (x0, off0), (x1, off1) = self.tried[-2:]
        if off0 == off1:
            return meant
        guess = exp(x1 - off1 * (x1 - x0) / (off1 - off0))
        return guess if meant / FARTHEST < guess < meant * FARTHEST else meant


def _rate(graph: StateGraph, profile: Profile, model: Model, request: PlanRequest) -> float:
    """The rate that the request means under a profile's shares."""
    if request.objective == "max-rate":
        quick = dataclasses.replace(request, baselines=False)
        return plan_and_placement(graph, profile, model, quick)[0].rate_pps
    return request.rate_pps or default_rate_pps(graph, profile, model, request.solver)


def _note(rounds: list[Round], settled: bool) -> str:
    times = "once" if len(rounds) == 1 else f"{len(rounds)} times"
    moved = f"the last time shares moved by up to {100 * rounds[-1].moved:.1f}% of all packets"
    if settled:
        return f"the traffic was profiled again {times}, the last time at the planned rate; {moved}"
    return f"after {len(rounds)} profiles the shares and the rate still depend on each other; {moved}"


def insertions_per_tick(model: Model, tick_ns: int) -> int | None:
    """What the engines that hold copies can install between two ticks; None if the model sets no limit. It limits the
    residency simulation under `--scale time`, where bursts come together. Under `--scale flows` the copies of the trace
    are independent, their bursts even out, and the planner's row of insertions/s is the limit."""
    rates = [e.capabilities.insert_rate_per_s for e in model.stage_engines[:-1] if e.capabilities.holds_copies]
    limits = [rate.value for rate in rates if rate is not None]
    return max(1, round(min(limits) * tick_ns / 1e9)) if limits else None


def score_on(
    graph: StateGraph,
    profile: Profile,
    model: Model,
    plan: Plan,
    placement: Placement,
    cores: float | None = None,
    request: PlanRequest | None = None,
) -> Evaluation:
    """What a plan comes to under another traffic at the planned rate; `profile` has the tiers of the plan's own (see
    `cora.traffic.take_profile.split_profile`). `cores` limits the host, for plans made for the highest rate. `request`
    says what the plan was allowed."""
    request = request or PlanRequest()
    graph, reordering = placement.on(relaxed(graph, request.allow_stale)), request.allow_reordering
    scenario = Scenario(graph, profile, model, plan.rate_pps, placement.tier, reordering=reordering)
    return evaluate(scenario, placement, cores)
