"""Planning with traffic whose shares depend on the rate, and scoring a plan under other traffic."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hand_made import nat_graph, nat_profile

from cora.model import load_model
from cora.model.schema import Engine, Model
from cora.plan.planner import plan_and_placement
from cora.plan.request import PlanRequest
from cora.plan.settle import ROUNDS, insertions_per_tick, score_on, settle
from cora.traffic.profile import Profile


def without_inserts(model: Model) -> Model:
    """No NIC engine inserts into flow tables, so that hits are served from copies and misses by the host."""
    near: list[Engine] = []
    for engine in model.engines[:-1]:
        kinds = tuple(kind for kind in engine.capabilities.accesses if kind != "insert")
        near.append(replace(engine, capabilities=replace(engine.capabilities, accesses=kinds)))
    return replace(model, engines=(*near, model.host))


GRAPH, MODEL = nat_graph(), without_inserts(load_model("agilio-cx"))
QUICK = PlanRequest(scale="time", baselines=False)


def at_pace(rate_pps: float, served: float) -> Profile:
    """The NAT's traffic at a rate, with so large a share of its hits served by a NIC."""
    base = nat_profile()
    pace = rate_pps / base.rate_pps
    hits = base.classes[0]
    resident = tuple(round(n * served) for n in hits.resident_packets)
    return replace(
        base,
        rate_pps=rate_pps,
        duration_s=base.duration_s / pace,
        flow_arrivals_per_s=base.flow_arrivals_per_s * pace,
        classes=(replace(hits, resident_packets=resident), *base.classes[1:]),
        scale="time",
        compression=pace,
    )


def test_a_stated_rate_is_profiled_once() -> None:
    asked: list[float] = []

    def profile_at(rate_pps: float) -> Profile:
        asked.append(rate_pps)
        return at_pace(rate_pps, 0.5)

    found = settle(GRAPH, nat_profile(), profile_at, MODEL, replace(QUICK, rate_pps=3e6))
    assert asked == [3e6]
    assert found.settled
    assert [r.rate_pps for r in found.rounds] == [3e6]
    assert found.rounds[0].moved == pytest.approx(0.26)
    assert found.plan.rate_pps == 3e6
    assert found.plan.flows == nat_profile().flows
    assert "profiled again once, the last time at the planned rate" in found.plan.notes[-1]
    assert any("by playing it faster" in note for note in found.plan.notes)


@pytest.mark.parametrize("request_", [QUICK, replace(QUICK, objective="max-rate", cores=0.2)])
def test_the_rate_and_the_shares_settle_together(request_: PlanRequest) -> None:
    """The faster, the fewer are served: the plan's rate is the one that its profile was taken at."""
    found = settle(GRAPH, nat_profile(), lambda rate: at_pace(rate, 1 / (1 + rate / 3e7)), MODEL, request_)
    assert found.settled
    assert 1 <= len(found.rounds) < ROUNDS
    assert found.plan.rate_pps == pytest.approx(found.profile.rate_pps, rel=0.02)


def test_what_does_not_settle_is_said() -> None:
    shares = iter([0.1, 1.0] * ROUNDS)
    request = replace(QUICK, objective="max-rate", cores=0.2)
    found = settle(GRAPH, nat_profile(), lambda rate: at_pace(rate, next(shares)), MODEL, request)
    assert not found.settled
    assert len(found.rounds) == ROUNDS
    assert "still depend on each other" in found.plan.notes[-1]


def test_a_plan_on_the_traffic_that_it_was_made_for_scores_as_planned() -> None:
    request = PlanRequest(rate_pps=3e6, baselines=False)
    plan, placement = plan_and_placement(GRAPH, nat_profile(), MODEL, request)
    same = score_on(GRAPH, nat_profile(), MODEL, plan, placement)
    assert same.host_cores == pytest.approx(plan.score.host_cores)
    assert same.feasible
    hits, *others = nat_profile().classes
    colder = replace(nat_profile(), classes=(replace(hits, resident_packets=(0, 0, 0)), *others))
    assert score_on(GRAPH, colder, MODEL, plan, placement).host_cores > plan.score.host_cores


def test_the_insertion_budget_is_that_of_the_model() -> None:
    assert insertions_per_tick(MODEL, 10**9) == 2_000_000
    assert insertions_per_tick(MODEL, 10**8) == 200_000
    assert insertions_per_tick(load_model("bluefield2"), 10**9) is None
    assert insertions_per_tick(load_model("host-x86"), 10**9) is None
