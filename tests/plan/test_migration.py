"""Plans beside one that runs: nearly equal ones don't flap, a real gain moves, and the plan says what moves."""

from __future__ import annotations

import dataclasses
import functools

import pytest
from hand_made import nat_graph, nat_profile, random_case

from cora.diagnostics import UserError
from cora.error_catalog import CATALOG
from cora.model import load_model
from cora.model.placement import GroupChoice
from cora.model.scenario import Scenario
from cora.model.schema import Model
from cora.plan import Plan, PlanRequest, make_plan
from cora.plan.ilp import Ilp, Restriction
from cora.plan.io import plan_from_json, plan_to_json
from cora.plan.migration import ENTRY_NS, KEPT_S, PROGRAM_CORE_S, moves, moving_cost, running_placement
from cora.plan.planner import plan_and_placement
from cora.plan.request import Solver
from cora.plan.solve import TIE
from cora.plan.strategies import run_strategy
from cora.plan.task import Task, all_on, host_only

RATE = 4e6
QUICK = PlanRequest(rate_pps=RATE, baselines=False)


@functools.cache
def _model() -> Model:
    return load_model("agilio-cx")


@functools.cache
def _plan(**changes: object) -> Plan:
    return make_plan(nat_graph(), nat_profile(), _model(), dataclasses.replace(QUICK, **changes))  # type: ignore[arg-type]


def _beside(running: Plan, model: Model | None = None, **changes: object) -> Plan:
    request = dataclasses.replace(QUICK, running=running, **changes)  # type: ignore[arg-type]
    return make_plan(nat_graph(), nat_profile(), model or _model(), request)


def test_the_best_plan_stays() -> None:
    best = _plan()
    again = _beside(best)
    assert again.migration is not None and again.migration.kept and again.migration.reason == "it is still the best one"
    assert (again.stages, again.states) == (best.stages, best.states)
    assert (again.migration.entries, again.migration.rows, again.migration.stages) == (0, 0, 0)
    assert again.gap == 0 and plan_from_json(plan_to_json(again)) == again


def test_a_near_tie_keeps_what_runs() -> None:
    """A stage that few packets visit is on the host: that costs a little, and moving it back would cost more."""
    running = _plan(pin_stages=(("drop_in", "host"),), rate_pps=1e6)
    best = _plan(rate_pps=1e6)
    lost = running.score.host_cores - best.score.host_cores
    assert 1e-4 < lost < 2 * PROGRAM_CORE_S / KEPT_S
    again = _beside(running, rate_pps=1e6)
    assert again.migration is not None and again.migration.kept
    assert again.stages == running.stages and again.score.host_cores == pytest.approx(running.score.host_cores)
    assert again.migration.gain_host_cores == pytest.approx(0)
    assert "kept; another would save" in again.migration.reason and "replaces the programs of" in again.migration.reason
    assert again.gap == 0


def test_a_real_gain_moves_and_says_what() -> None:
    running = _plan(strategy="host-only")
    again = _beside(running)
    best, moved = _plan(), again.migration
    assert moved is not None and not moved.kept
    assert again.score.host_cores == pytest.approx(best.score.host_cores, abs=moved.host_cores)
    assert moved.gain_host_cores == pytest.approx(running.score.host_cores - again.score.host_cores)
    assert moved.stages == 9 and moved.programs == ("nic", "host") and moved.entries > 1000 and moved.rows >= 8
    assert moved.gain_host_cores > moved.host_cores >= 2 * PROGRAM_CORE_S / KEPT_S
    assert "moves" in moved.reason and "that saves" in moved.reason and "rows" in moved.reason


def test_a_running_plan_that_no_longer_holds() -> None:
    """Since it was made the NIC has lost most of its cores."""
    running = _plan()
    nic = _model().engines[0]
    little = dataclasses.replace(nic, count=dataclasses.replace(nic.count, value=1.0))
    again = _beside(running, dataclasses.replace(_model(), engines=(little, *_model().engines[1:])))
    assert again.migration is not None and not again.migration.kept and again.migration.gain_host_cores is None
    assert "it doesn't hold any more: nic cores" in again.migration.reason


def test_without_a_running_plan_nothing_is_said() -> None:
    assert _plan().migration is None


@pytest.mark.parametrize("seed", range(16))
def test_the_linear_form_is_what_moving_costs(seed: int) -> None:
    """And never is a plan worse, with what moving costs, than the running one or the best one."""
    graph, profile = random_case(seed)
    model = load_model("softnic")
    task = Task(graph, profile, model, "min-cores", 1e6, None, Solver(), Restriction())
    best = run_strategy("ilp", task)
    assert best.placement is not None
    scenario = task.scenario(-1)
    running = all_on(scenario, "nic") if seed % 2 else host_only(scenario)
    again = run_strategy("ilp", dataclasses.replace(task, running=running))
    assert again.placement is not None
    cost = moves(again.scenario, again.placement, running).host_cores
    total = again.evaluation.host_cores + cost
    assert again.bound == pytest.approx(total, abs=4 * TIE + 2e-3)
    assert total <= best.evaluation.host_cores + moves(best.scenario, best.placement, running).host_cores + 4 * TIE
    assert again.evaluation.host_cores >= best.evaluation.host_cores - 4 * TIE
    ilp = Ilp(again.scenario, Restriction(), None)
    terms = moving_cost(ilp, running)
    for group, choice in enumerate(running.groups):
        own = [ilp.y[group, i] for i, option in enumerate(ilp.options[group]) if option == choice]
        assert not any(variable in terms for variable in own), "staying costs nothing"


def test_what_a_move_costs_by_hand() -> None:
    """The NAT's table goes from the host to the NIC: each entry once, and two programs."""
    scenario = Scenario(nat_graph(), nat_profile(), _model(), 1e5, -1)
    running = host_only(scenario)
    groups = list(running.groups)
    groups[1] = GroupChoice("exclusive", "nic", "", "emem")
    moved = moves(scenario, dataclasses.replace(running, groups=tuple(groups)), running)
    assert moved.entries == 2000 and moved.rows == 0 and moved.stages == 0 and moved.programs == ("nic", "host")
    assert moved.host_cores == pytest.approx((2 * PROGRAM_CORE_S + 2000 * ENTRY_NS / 1e9) / KEPT_S)


def test_a_plan_describes_its_placement() -> None:
    plan, placement = plan_and_placement(nat_graph(), nat_profile(), _model(), QUICK)
    found = running_placement(nat_graph(), _model(), plan)
    assert (found.hot, found.cold, found.groups) == (placement.hot, placement.cold, placement.groups)


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        ({"program": "firewall"}, "C0660", "one of firewall on agilio-cx, not of hand on agilio-cx"),
        ({"target": "bluefield2"}, "C0660", "on bluefield2"),
        ({"stages": ()}, "C0661", "other stages or states"),
    ],
)
def test_plans_that_cannot_be_running(change: dict[str, object], code: str, words: str) -> None:
    with pytest.raises(UserError, match=words) as caught:
        _beside(dataclasses.replace(_plan(), **change))  # type: ignore[arg-type]
    assert caught.value.diagnostics[0].code == code in CATALOG and caught.value.diagnostics[0].help


def test_an_engine_that_is_gone_and_a_request_that_weighs_nothing() -> None:
    plan = _plan()
    renamed = tuple(dataclasses.replace(stage, hot="fpga") for stage in plan.stages)
    with pytest.raises(UserError, match="uses fpga") as caught:
        _beside(dataclasses.replace(plan, stages=renamed))
    assert caught.value.diagnostics[0].code == "C0661"
    for change in ({"objective": "max-rate"}, {"strategy": "greedy"}):
        with pytest.raises(UserError, match="weighed in host cores") as caught:
            _beside(plan, **change)
        assert caught.value.diagnostics[0].code == "C0662"
