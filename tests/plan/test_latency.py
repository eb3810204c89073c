"""Latencies of placements: by hand where it can be, and what must hold of all of them."""

from __future__ import annotations

import dataclasses
import functools
from itertools import pairwise

import pytest
from hand_made import nat_graph, nat_profile, random_case
from hypothesis import given, settings
from hypothesis import strategies as st

from cora.model import load_model
from cora.model.evaluate import Evaluation, evaluate
from cora.model.figures import duration
from cora.model.latency import Latencies
from cora.model.placement import Placement
from cora.model.scenario import Scenario
from cora.model.schema import Model, Number
from cora.plan import Plan, PlanRequest, make_plan
from cora.plan.planner import plan_and_placement
from cora.plan.task import all_on, host_only

TARGETS = ("agilio-cx", "bluefield2", "softnic", "host-x86")
RATE = 1e6


@functools.cache
def _planned(target: str, rate_pps: float | None = None) -> tuple[Plan, Placement]:
    return plan_and_placement(nat_graph(), nat_profile(), load_model(target), PlanRequest(rate_pps=rate_pps))


@functools.cache
def _evaluated(target: str, rate_pps: float, *, nic: bool = False) -> tuple[Scenario, Evaluation]:
    scenario = Scenario(nat_graph(), nat_profile(), load_model(target), rate_pps, -1)
    placement = all_on(scenario, scenario.engines[-2].name) if nic else host_only(scenario)
    return scenario, evaluate(scenario, placement)


def test_a_packet_on_the_nic_by_hand() -> None:
    """`pass` on the Agilio: receiving, two stages with one lookup, transmitting; the port both ways."""
    scenario, evaluation = _evaluated("agilio-cx", RATE, nic=True)
    nic, imem = scenario.model.engine("nic"), scenario.model.memory("imem")
    cycles = nic.receive_cycles.value + nic.transmit_cycles.value
    cycles += sum(scenario.stage_cycles(stage, "nic") for stage in (0, 1, 8))
    cycles += 94 + 2 * imem.read_latency_cycles.value
    latency = Latencies(scenario, evaluation).of_class("pass")
    assert latency.unloaded_ns == pytest.approx(2 * 500 + cycles / 0.8)


def test_a_packet_on_the_host_takes_the_link_twice() -> None:
    scenario, evaluation = _evaluated("agilio-cx", RATE)
    found = Latencies(scenario, evaluation)
    one, dropped = found.of_class("pass"), found.of_class("in stray")
    link = scenario.model.links[0]
    there_and_back = 2 * (link.latency_ns.value + 8e9 * 400 / link.bandwidth_bps.value)
    assert one.unloaded_ns > 2 * 500 + there_and_back
    assert dropped.unloaded_ns < 500 + there_and_back, "what is dropped doesn't come back"


@settings(max_examples=25)
@given(st.sampled_from(TARGETS), st.floats(0.05, 0.99), st.floats(0.05, 0.99))
def test_latency_grows_with_load_and_is_at_least_the_service(target: str, one: float, other: float) -> None:
    """With the host's cores given; without, there are as many as it takes."""
    scenario, evaluation = _evaluated(target, RATE)
    cores = evaluation.host_cores / 0.99
    less, more = (Latencies(scenario, evaluation, cores, share).all() for share in sorted((one, other)))
    for latency in (less, more):
        assert latency.mean_ns is not None and latency.p50_ns is not None and latency.p99_ns is not None
        assert latency.unloaded_ns <= latency.mean_ns and latency.p50_ns <= latency.p99_ns
    assert less.unloaded_ns == more.unloaded_ns
    assert (less.mean_ns or 0) <= (more.mean_ns or 0) * (1 + 1e-9)
    assert (less.p99_ns or 0) <= (more.p99_ns or 0) * (1 + 2e-4)


@pytest.mark.parametrize("target", TARGETS)
def test_a_full_resource_has_a_queue_without_bound(target: str) -> None:
    scenario, evaluation = _evaluated(target, RATE)
    beyond = Latencies(scenario, evaluation, evaluation.host_cores, 1.0).all()
    assert beyond.full == "host cores" and beyond.mean_ns is beyond.p50_ns is beyond.p99_ns is None
    assert beyond.unloaded_ns > 0


def test_bursts_make_it_worse() -> None:
    scenario, evaluation = _evaluated("agilio-cx", 8e6, nic=True)
    bursty = dataclasses.replace(scenario.model.wire, arrivals_scv=Number(8.0, "count", "", "derived", 8.0, 8.0))
    model = dataclasses.replace(scenario.model, wire=bursty)
    worse = Scenario(nat_graph(), nat_profile(), model, 8e6, -1)
    calm, rough = Latencies(scenario, evaluation).all(), Latencies(worse, evaluation).all()
    assert calm.unloaded_ns == rough.unloaded_ns
    assert (rough.mean_ns or 0) > (calm.mean_ns or 0) and (rough.p99_ns or 0) > (calm.p99_ns or 0)


@pytest.mark.parametrize("nic", [False, True])
def test_littles_law(nic: bool) -> None:
    """What the optimiser minimises: without control plane the rate times the mean latency of all that is forwarded."""
    base = load_model("agilio-cx")
    model = dataclasses.replace(base, engines=tuple(dataclasses.replace(e, sweep=None) for e in base.engines))
    graph = nat_graph()
    states = tuple(dataclasses.replace(s, idle_timeouts_ns=()) for s in graph.program.states)
    graph = dataclasses.replace(graph, program=dataclasses.replace(graph.program, states=states))
    scenario = Scenario(graph, nat_profile(), model, RATE, -1)
    evaluation = evaluate(scenario, all_on(scenario, "nic") if nic else host_only(scenario))
    found = Latencies(scenario, evaluation)
    port = model.wire.latency_ns
    assert port is not None
    total = 0.0
    for load in scenario.classes:
        ways = 2 if load.forwarded else 1
        total += load.rate_pps * (found.of_class(load.name).unloaded_ns - ways * port.value)
    assert evaluation.in_flight == pytest.approx(total / 1e9)


@pytest.mark.parametrize("target", TARGETS)
def test_every_score_and_class_of_a_plan_has_one(target: str) -> None:
    plan, _ = _planned(target)
    assert all((score.latency is not None) == bool(score.loads) for score in (plan.score, *plan.baselines))
    for outcome in plan.classes:
        latency = outcome.latency
        assert latency is not None and latency.mean_ns is not None and latency.mean_ns >= latency.unloaded_ns


def test_the_highest_rate_is_described_at_nine_tenths_of_it() -> None:
    request = PlanRequest(objective="max-rate", cores=0.5, baselines=False)
    plan = make_plan(nat_graph(), nat_profile(), load_model("softnic"), request)
    assert plan.score.latency is not None and plan.score.latency.mean_ns is not None
    assert any("latencies are those at 90% of the rate" in note for note in plan.notes)


@pytest.mark.parametrize("seed", range(12))
def test_of_equally_cheap_strategies_ours_is_not_slower(seed: int) -> None:
    """Latency without queues is what is minimised after host cores; the baselines are placements like any other."""
    graph, profile = random_case(seed)
    plan = make_plan(graph, profile, load_model("bluefield2"), PlanRequest(rate_pps=2e5))
    own = plan.score
    for score in plan.baselines:
        if score.feasible and score.strategy != "traffic-only" and score.host_cores <= own.host_cores + 1e-6:
            assert own.latency is not None and score.latency is not None
            assert own.latency.unloaded_ns <= score.latency.unloaded_ns * (1 + 5e-3)


def test_times_for_people() -> None:
    times = [None, 0.0, 812.4, 2044.0, 1.25e6, 3e9]
    assert [duration(t) for t in times] == ["no bound", "0 ns", "812 ns", "2.04 us", "1.25 ms", "3 s"]
    assert all(a != b for a, b in pairwise(map(duration, times)))


def test_a_model_without_a_port_latency() -> None:
    """Both numbers of the wire may be left out."""
    scenario, evaluation = _evaluated("agilio-cx", RATE, nic=True)
    wire = dataclasses.replace(scenario.model.wire, latency_ns=None, arrivals_scv=None)
    model: Model = dataclasses.replace(scenario.model, wire=wire)
    bare = Scenario(nat_graph(), nat_profile(), model, RATE, -1)
    whole, less = Latencies(scenario, evaluation).all(), Latencies(bare, evaluation).all()
    assert less.unloaded_ns == pytest.approx(whole.unloaded_ns - 1000)
