"""A plan's figures over the ranges of the model's numbers."""

from __future__ import annotations

import dataclasses
import functools
import io

import pytest
from hand_made import nat_graph, nat_profile
from rich.console import Console, RenderableType

from cora.model import load_model
from cora.model.evaluate import evaluate
from cora.model.figures import Interval, Ranges, amount
from cora.model.parameters import parameters, with_value
from cora.model.scenario import Scenario
from cora.model.schema import Curve, Model, Number
from cora.plan import Plan, PlanRequest, make_plan
from cora.plan.io import plan_from_json, plan_to_json
from cora.plan.planner import plan_and_placement
from cora.plan.render import comparison, span_words, summary
from cora.plan.task import all_on, host_only

TARGETS = ("agilio-cx", "agilio-cx-xdp", "bluefield2", "softnic", "host-x86")


@functools.cache
def _plan(target: str, **request: object) -> Plan:
    return make_plan(nat_graph(), nat_profile(), load_model(target), PlanRequest(**request))  # type: ignore[arg-type]


def _ranges(plan: Plan) -> Ranges:
    assert plan.ranges is not None
    return plan.ranges


def holds(interval: Interval, value: float | None) -> bool:
    if value is None:
        return interval.high is None
    return interval.low <= value * (1 + 1e-9) and (interval.high is None or value <= interval.high * (1 + 1e-9))


@pytest.mark.parametrize("target", TARGETS)
def test_intervals_contain_the_figures(target: str) -> None:
    plan = _plan(target)
    over, latency = _ranges(plan), plan.score.latency
    assert latency is not None
    assert holds(over.host_cores, plan.score.host_cores) and holds(over.throughput_pps, plan.score.throughput_pps)
    assert holds(over.mean_ns, latency.mean_ns) and holds(over.p50_ns, latency.p50_ns)
    assert holds(over.p99_ns, latency.p99_ns)
    alone = plan.baselines[0]
    assert holds(over.host_only_cores, alone.host_cores)
    assert over.saved.low <= 1 - plan.score.host_cores / alone.host_cores <= (over.saved.high or 0) + 1e-12
    assert over.bottlenecks[0] == plan.score.bottleneck
    for one in over.sensitivities:
        assert holds(one.host_cores, plan.score.host_cores) and holds(one.throughput_pps, plan.score.throughput_pps)
        assert one.low <= one.value <= one.high and one.low < one.high
        assert over.host_cores.low <= one.host_cores.low and (one.host_cores.high or 0) <= (over.host_cores.high or 0)
        assert over.throughput_pps.low <= one.throughput_pps.low


def _without_ranges(model: Model, keep: str) -> Model:
    """All numbers as they are, and a range for one only."""
    for parameter in parameters(model):
        if parameter.name != keep:
            model = _certain(model, parameter.path)
    return model


def _certain(value: object, path: tuple[str | int, ...]) -> object:
    match value:
        case Number():
            return dataclasses.replace(value, low=value.value, high=value.value)
        case Curve():
            return dataclasses.replace(value, low=1.0, high=1.0)
        case tuple():
            return tuple(_certain(item, path[1:]) if i == path[0] else item for i, item in enumerate(value))
        case dict():
            return {**value, path[0]: _certain(value[path[0]], path[1:])}
        case _:
            changed = {str(path[0]): _certain(getattr(value, str(path[0])), path[1:])}
            return dataclasses.replace(value, **changed)  # type: ignore[type-var]


def test_one_uncertain_number_moves_what_it_should() -> None:
    """The floor of the host's cores is added to whatever else they do."""
    model = _without_ranges(load_model("bluefield2"), "host floor cores")
    plan = make_plan(nat_graph(), nat_profile(), model, PlanRequest(rate_pps=4e6))
    over = _ranges(plan)
    assert [s.parameter for s in over.sensitivities] == ["host floor cores"] and over.parameters == 1
    cores = plan.score.host_cores
    assert over.host_cores == Interval(pytest.approx(cores - 0.04), pytest.approx(cores + 0.15))  # type: ignore[arg-type]
    assert over.throughput_pps.low == pytest.approx(over.throughput_pps.high)


def test_without_ranges_there_is_nothing_to_say() -> None:
    model = _without_ranges(load_model("agilio-cx"), "")
    over = _ranges(make_plan(nat_graph(), nat_profile(), model, PlanRequest(rate_pps=4e6)))
    assert over.parameters == 0 and over.sensitivities == ()
    assert over.host_cores.low == over.host_cores.high and over.mean_ns.low == over.mean_ns.high


def test_what_breaks_the_plan_comes_first_and_says_how() -> None:
    over = _ranges(_plan("bluefield2"))
    broken = [bool(s.breaks_at) for s in over.sensitivities]
    assert broken == sorted(broken, reverse=True) and broken[0]
    first = over.sensitivities[0]
    assert first.breaks_at == "high" and "arm cores" in first.breaks and first.latency_ns.high is None
    assert over.mean_ns.high is None


def test_a_clock_does_not_change_times() -> None:
    """softnic writes its costs in ns: `so the clock cancels out`, says its file."""
    model = load_model("softnic")
    clocks = [p for p in parameters(model) if p.path[-1] == "clock_hz"]
    assert [p.name for p in clocks] == ["nic clock", "host clock"]
    _, placement = plan_and_placement(nat_graph(), nat_profile(), model, PlanRequest(rate_pps=1e6, baselines=False))
    scenario = Scenario(nat_graph(), nat_profile(), model, 1e6, placement.tier)
    other = model
    for clock in clocks:
        other = with_value(other, clock, clock.ends[0])
    assert other.engine("host").clock_hz.value == 2e9
    for chosen in (placement, host_only(scenario)):
        one, two = evaluate(scenario, chosen), evaluate(scenario.on(other), chosen)
        assert one.host_cores == pytest.approx(two.host_cores) and one.nic_cores == pytest.approx(two.nic_cores)
        assert one.throughput_pps == pytest.approx(two.throughput_pps)


@pytest.mark.parametrize("target", TARGETS)
def test_every_number_with_a_range_can_be_set(target: str) -> None:
    model = load_model(target)
    found = parameters(model)
    assert len({p.name for p in found}) == len(found) > 10
    for parameter in found:
        for end in parameter.ends:
            changed = with_value(model, parameter, end)
            now = next(p for p in parameters(changed) if p.path == parameter.path)
            if isinstance(parameter.number, Number):
                assert now.value == end
            else:
                assert isinstance(now.number, Curve)
                first, before = now.number.points[0][1], parameter.number.points[0][1]
                assert first == pytest.approx(end * before)
        assert with_value(model, parameter, parameter.value) == model


def test_a_scenario_on_another_machine_is_that_of_the_machine() -> None:
    agilio, bluefield = load_model("agilio-cx"), load_model("bluefield2")
    moved = Scenario(nat_graph(), nat_profile(), agilio, 1e6, 1).on(bluefield)
    fresh = Scenario(nat_graph(), nat_profile(), bluefield, 1e6, 1)
    assert evaluate(moved, host_only(moved)).host_cores == evaluate(fresh, host_only(fresh)).host_cores
    assert [moved.options(g) for g in range(4)] == [fresh.options(g) for g in range(4)]


def test_a_scenario_takes_along_only_the_costs_of_what_is_the_same_on_the_other_machine() -> None:
    model = load_model("agilio-cx")
    scenario = Scenario(nat_graph(), nat_profile(), model, 1e6, 1)
    placement = all_on(scenario, "nic")
    evaluate(scenario, placement)
    for parameter in parameters(model):
        other = with_value(model, parameter, parameter.ends[1])
        fresh = Scenario(nat_graph(), nat_profile(), other, 1e6, 1)
        assert evaluate(scenario.on(other), placement) == evaluate(fresh, placement), parameter.name


def test_plans_with_ranges_survive_json() -> None:
    plan = _plan("bluefield2")
    assert plan_from_json(plan_to_json(plan)) == plan
    assert _plan("bluefield2", baselines=False).ranges is None


def _printed(what: RenderableType) -> str:
    into = io.StringIO()
    Console(width=200, file=into).print(what)
    return into.getvalue()


def test_they_are_printed() -> None:
    text = _printed(summary(_plan("bluefield2")))
    assert "What the figures rest on" in text and "too little at the high end" in text and "no bound" in text
    assert "host cores over the model's ranges" in _printed(comparison([_plan("agilio-cx"), _plan("bluefield2")]))


def test_words() -> None:
    assert span_words(["3 us", "4 us"]) == "3 to 4 us" and span_words(["3 us", "3 us"]) == "3 us"
    assert span_words(["900 ns", "1 us"]) == "900 ns to 1 us"
    values = [(225.0, "cycles"), (2e6, "/s"), (500.0, "ns"), (0.7, "times"), (4e10, "b/s"), (16.0, "")]
    assert [amount(v, u) for v, u in values] == ["225 cycles", "2 M/s", "500 ns", "0.7 times", "40 Gb/s", "16"]
