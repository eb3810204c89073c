"""`--allow-stale`: what becomes legal, what it costs, what is said, and what no staleness makes right."""

from __future__ import annotations

import dataclasses

import pytest
from hand_made import flow_table, make_graph, make_profile, nat_graph, register

from cora.analysis.graph import AccessSite, StateGraph, UpdateClass
from cora.diagnostics import UserError
from cora.model import load_model
from cora.model.evaluate import evaluate, measure
from cora.model.legality import why_illegal
from cora.model.placement import GroupChoice, Placement
from cora.model.scenario import Scenario
from cora.model.schema import Model
from cora.plan import Plan, PlanRequest, make_plan
from cora.plan.ilp import Restriction
from cora.plan.request import Solver
from cora.plan.stale import relaxed
from cora.plan.strategies import Task, run_strategy
from cora.split import split_program
from cora.traffic.profile import Profile, StateLoad

RATE = 1e6
AGILIO = load_model("agilio-cx")


def _with(graph: StateGraph, state: str, update: UpdateClass, conflict: str = "") -> StateGraph:
    """The graph whose register has an update class; with a conflict that forbids copies of it."""
    site = AccessSite(2, "x", state, "read", "state", True, None)
    groups = tuple(
        dataclasses.replace(
            g,
            states=tuple(dataclasses.replace(f, update=update) for f in g.states),
            copies=() if conflict else g.copies,
            conflicts=((site, site, conflict),) if conflict else (),
        )
        if g.name == state
        else g
        for g in graph.groups
    )
    return dataclasses.replace(graph, groups=groups)


def _sketch(update: UpdateClass = "add", *, judged: bool = False) -> StateGraph:
    """Flows are looked up, new ones inserted; then a sketch is added to and read, by both. `judged`: hits come to a
    stage after it that needs the host."""
    graph = make_graph(
        [("parse", 4, []), ("lookup flows", 4, [("flows", "lookup", True)]), ("old", 30, [("row", "rmw", False)]),
         ("new", 200, [("flows", "insert", False)]), ("added", 30, [("row", "rmw", False)]),
         ("judge", 10, [("flows", "insert", False)] if judged else [])],
        [(0, 1), (1, 2), (1, 3), (2, 5), (3, 4)],
        [flow_table("flows"), register("row", 65536)],
        {"flows", "row"},
    )  # fmt: skip
    return _with(graph, "row", update)


def _profile(graph: StateGraph) -> Profile:
    classes = [
        ("old", (0, 1, 2, 5), "forward", 95_000, (40_000, 95_000)),
        ("new", (0, 1, 3, 4), "forward", 5_000, (0, 0)),
    ]
    loads = [StateLoad("flows", 3000, 5000, 100_000, 0.01), StateLoad("row", 3000, 0, 100_000, 0.01)]
    return make_profile(classes, (64, 4096), loads, [stage.name for stage in graph.stages])


def _weak() -> Model:
    """The Agilio on which nothing removes idle entries, so that flows live on the host."""
    engines = tuple(
        dataclasses.replace(e, sweep=None, capabilities=dataclasses.replace(e.capabilities, expires_entries=False))
        for e in AGILIO.engines[:-1]
    )
    return dataclasses.replace(AGILIO, engines=(*engines, AGILIO.host))


def _plan(graph: StateGraph, **request: object) -> Plan:
    wanted = PlanRequest(rate_pps=RATE, baselines=False, **request)  # type: ignore[arg-type]
    return make_plan(graph, _profile(graph), _weak(), wanted)


def _row(plan: Plan) -> tuple[str, tuple[str, ...], float]:
    row = next(s for s in plan.states if s.group == "row")
    return row.mode, row.copies_on, row.stale_ms


def test_a_sketch_that_hits_and_misses_use_is_summed_and_hits_stay_on_the_nic() -> None:
    graph = _sketch()
    exact, stale = _plan(graph), _plan(graph, allow_stale=(("row", 10.0),))
    assert _row(exact) == ("exclusive", (), 0.0)
    assert _row(stale) == ("merged", ("nic",), 10.0)
    served = [next(c.nic_share for c in plan.classes if c.name == "old") for plan in (exact, stale)]
    assert served == pytest.approx([0.0, 1.0])
    assert stale.score.host_cores < 0.5 * exact.score.host_cores


def test_the_plan_says_in_words_that_it_is_not_exact_and_is_not_split() -> None:
    graph = _sketch()
    plan = _plan(graph, allow_stale=(("row", 10.0),))
    assert any(n.startswith("not exact: row (up to 10 ms behind)") and "to look at" in n for n in plan.notes)
    reason = next(s.reason for s in plan.states if s.group == "row")
    assert reason.startswith("not exact: each engine changes its own part") and "10 ms behind" in reason
    with pytest.raises(UserError) as failure:
        split_program(graph, plan)
    assert failure.value.diagnostics[0].code == "C0681"


def test_values_that_are_set_are_not_summed() -> None:
    plan = _plan(_sketch("general"), allow_stale=(("row", 10.0),))
    assert _row(plan) == ("exclusive", (), 0.0)
    assert any(n.startswith("row may be 10 ms stale: the plan doesn't need it") for n in plan.notes)


def test_what_is_renewed_is_paid_for_the_more_the_fresher() -> None:
    graph = _sketch()
    merged = GroupChoice("merged", "host", "nic", "emem")
    hot = ("nic", "nic", "nic", "host", "host", "nic")
    cold = ("nic", "host", "host", "host", "host", "host")
    placement = Placement(hot, cold, (GroupChoice("replicated", "host", "nic", "emem"), merged), 1)
    demands: list[float] = []
    for ms in (1.0, 100.0, 10_000.0):
        scenario = Scenario(relaxed(graph, (("row", ms),)), _profile(graph), AGILIO, RATE, 1)
        assert not why_illegal(scenario, placement)
        demands.append(measure(scenario, placement)["inwards", "pcie"])
        assert scenario.renewed_per_s(1, merged)["row"] == pytest.approx(min(RATE, 65536 / (ms / 1e3)))
    assert demands[0] > demands[1] > demands[2]
    exact = Scenario(graph, _profile(graph), AGILIO, RATE, 1)
    assert "row cannot be merged" in why_illegal(exact, placement)


def test_an_exact_copy_pays_nothing_for_being_allowed_to_be_late() -> None:
    graph = _with(_sketch(), "row", "general")
    copy = GroupChoice("replicated", "host", "nic", "emem")
    scenario = Scenario(relaxed(graph, (("row", 1.0),)), _profile(graph), AGILIO, RATE, 1)
    assert scenario.stale_ms(1, copy) == 0.0 and scenario.renewed_per_s(1, copy) == {}


def test_a_packet_that_was_added_does_not_start_over_before_it() -> None:
    """The owner would add it again, which being late doesn't excuse: the packet has read a copy of flows before."""
    graph = relaxed(_sketch(judged=True), (("row", 10.0),))
    scenario = Scenario(graph, _profile(graph), AGILIO, RATE, 1)
    hot, cold = ("nic", "nic", "nic", "host", "host", "host"), ("nic", "host", "host", "host", "host", "host")
    row = GroupChoice("merged", "host", "nic", "emem")
    placement = Placement(hot, cold, (GroupChoice("replicated", "host", "nic", "emem"), row), 1)
    assert "row has been accessed, and the owner would do it again" in evaluate(scenario, placement).reason
    whole = Scenario(graph.from_the_start(), _profile(graph), AGILIO, RATE, 1)
    host = GroupChoice("exclusive", "host", "", "dram")
    from_start = Placement(("nic", "nic", "nic", "host", "host", "host"), cold, (host, row), -1)
    assert why_illegal(whole, from_start)


def test_an_own_part_is_no_copy_that_an_owner_reads_again() -> None:
    """Behind what adds, packets that have read no copy may cross: they are taken up where they are."""
    graph = make_graph(
        [("parse", 4, []), ("add", 30, [("row", "rmw", False)]), ("add more", 30, [("row", "rmw", False)])],
        [(0, 1), (1, 2)],
        [register("row", 65536)],
        {"row"},
    )  # fmt: skip
    graph = _with(graph, "row", "add")
    profile = make_profile([("all", (0, 1, 2), "forward", 100_000, ())], (), [], [s.name for s in graph.stages])
    pins = Restriction(pin_stages=((1, "nic"), (2, "host")))
    exact = Task(graph, profile, AGILIO, "min-cores", RATE, None, Solver(), pins)
    assert not run_strategy("ilp", exact).feasible
    stale = run_strategy("ilp", dataclasses.replace(exact, graph=relaxed(graph, (("row", 10.0),))))
    assert (
        stale.placement is not None and stale.evaluation.feasible and not why_illegal(stale.scenario, stale.placement)
    )
    assert stale.placement.hot == ("nic", "nic", "host") and stale.placement.groups[0].mode == "merged"


def test_an_engine_that_answers_do_not_pass_may_hold_copies_that_are_renewed() -> None:
    graph = make_graph(
        [("parse", 4, []), ("check headers", 30, []), ("read policy", 60, [("policy", "read", True)]),
         ("set policy", 60, [("policy", "write", False)])],
        [(0, 1), (1, 2), (1, 3)],
        [register("policy", 1024)],
        {"policy"},
    )  # fmt: skip
    classes = [("read", (0, 1, 2), "deny", 90_000, ()), ("set", (0, 1, 3), "forward", 10_000, ())]
    loads = [StateLoad("policy", 1024, 0, 100_000, 0.01)]
    profile = make_profile(classes, (), loads, [stage.name for stage in graph.stages])
    xdp = load_model("agilio-cx-xdp")
    exact = Scenario(graph, profile, xdp, RATE, -1)
    stale = Scenario(relaxed(graph, (("policy", 5.0),)), profile, xdp, RATE, -1)
    assert [o.mode for o in exact.options(0) if o.holder] == []
    copies = [o for o in stale.options(0) if o.holder]
    assert {(o.mode, stale.stale_ms(0, o)) for o in copies} == {("replicated", 5.0)}


def test_a_register_that_must_not_be_copied_is_kept_in_parts_and_not_in_copies() -> None:
    """A copy that may be ahead of its owner would have to tell it: each engine's part is fetched."""
    graph = _with(_sketch(), "row", "max", "a copy may be ahead of the owner in this cell")
    exact, stale = (Scenario(g, _profile(graph), AGILIO, RATE, 1) for g in (graph, relaxed(graph, (("row", 5.0),))))
    assert {o.mode for o in exact.options(1) if o.holder} == set()
    assert {o.mode for o in stale.options(1) if o.holder} == {"merged"}


# ---------------------------------------------------------------- what can't be merely late


def _refused(graph: StateGraph, name: str) -> str:
    with pytest.raises(UserError) as failure:
        relaxed(graph, ((name, 1.0),))
    diagnostic = failure.value.diagnostics[0]
    assert diagnostic.code == "C0680" and diagnostic.help
    return str(failure.value)


def test_tokens_and_entries_are_refused() -> None:
    graph = nat_graph()
    states = tuple(
        dataclasses.replace(s, kind="meter") if s.name == "slots" else s for s in graph.program.states
    )  # fmt: skip
    metered = dataclasses.replace(graph, program=dataclasses.replace(graph.program, states=states))
    assert "spend all its tokens" in _refused(metered, "slots")
    assert "a hit of what is gone" in _refused(_with(graph, "outbound", "general", "changed unseen"), "outbound")


@pytest.mark.parametrize(
    ("name", "why"),
    [("routes", "packets don't change it"), ("stats", "packets don't read it"), ("outbound", "taken back before")],
)
def test_what_is_never_behind_says_so(name: str, why: str) -> None:
    from hand_made import nat_profile

    request = PlanRequest(rate_pps=RATE, baselines=False, allow_stale=((name, 3.0),))
    plan = make_plan(nat_graph(), nat_profile(), AGILIO, request)
    assert any(note.startswith(f"{name} may be 3 ms stale: ") and why in note for note in plan.notes)
    assert not any(state.stale_ms for state in plan.states)


def test_columns_of_one_record_are_relaxed_together_or_not_at_all() -> None:
    """As in heavy_hitter: a sum beside a mark that is set. Parts of a mark can't be combined, so it isn't summed."""
    from cora.cli.steps import Job, find_spec

    graph = Job(find_spec("heavy_hitter")).graph
    row = next(g for g in graph.groups if g.name == "row_low")
    assert {f.name: f.update for f in row.states} == {"row_low": "add", "marks_low": "general"}
    alone = relaxed(graph, (("row_low", 10.0),))
    assert next(g for g in alone.groups if g.name == "row_low") == row
    both = relaxed(graph, (("row_low", 10.0), ("marks_low", 10.0)))
    assert not next(g for g in both.groups if g.name == "row_low").summed
