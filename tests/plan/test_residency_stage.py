"""The residency lookup as two stages: what probe and lookup take, and how plans say it."""

from __future__ import annotations

import dataclasses
import io

import pytest
from hand_made import flow_table, make_graph, make_profile, nat_graph, nat_profile, table
from rich.console import Console

from cora.model import load_model
from cora.model.evaluate import measure, residency_demand
from cora.model.placement import GroupChoice, Placement
from cora.model.scenario import Scenario
from cora.plan import PlanRequest, make_plan
from cora.plan.io import plan_from_json, plan_to_json
from cora.plan.plan import Plan
from cora.plan.reasons import copies_words
from cora.plan.render import summary
from cora.plan.residency import residency_lookups
from cora.plan.task import host_only
from cora.traffic.profile import StateLoad

RATE = 1e6
NIC_HZ = load_model("agilio-cx").engine("nic").clock_hz.value
PARTIAL = GroupChoice("replicated", "host", "nic", "emem")


def _scenario() -> Scenario:
    return Scenario(nat_graph(), nat_profile(), load_model("agilio-cx"), RATE, 2)


def _split() -> Placement:
    """Hits on the NIC; what misses goes to the host at the lookup."""
    hot = ("nic", "nic", "nic", "nic", "host", "nic", "nic", "nic", "nic")
    cold = ("nic", "nic", "host", "host", "host", "nic", "nic", "nic", "nic")
    on_nic, full = GroupChoice("exclusive", "nic", "", "imem"), GroupChoice("replicated", "host", "nic", "imem")
    return Placement(hot, cold, (on_nic, PARTIAL, full, GroupChoice("merged", "host", "nic", "imem")), 2)


def _plan() -> Plan:
    """On a NIC that can't own the table: hits are served from copies."""
    model = load_model("agilio-cx")
    engines = tuple(
        dataclasses.replace(e, sweep=None, capabilities=dataclasses.replace(e.capabilities, expires_entries=False))
        for e in model.engines[:-1]
    )
    request = PlanRequest(rate_pps=RATE, baselines=False)
    return make_plan(
        nat_graph(), nat_profile(), dataclasses.replace(model, engines=(*engines, model.host)), request
    )  # fmt: skip


def test_every_packet_that_comes_is_asked_for_and_what_misses_is_looked_up_again() -> None:
    scenario = _scenario()
    (demand,) = residency_demand(scenario, _split())
    assert scenario.graph.stages[demand.stage].name == "lookup_out"
    assert (demand.holder, demand.owner) == ("nic", "host")
    assert demand.asked_pps == pytest.approx(0.57 * RATE)  # old and new connections from inside
    assert demand.missed_pps == pytest.approx(0.05 * RATE)  # 3,000 of 55,000 without a copy, and 2,000 new ones


def test_probe_and_lookup_cost_what_the_stage_costs_on_either_side() -> None:
    scenario = _scenario()
    (demand,) = residency_demand(scenario, _split())
    emem = scenario.model.memory("emem")
    host = scenario.model.memories_of("host")[0]
    copy = scenario.access(2, 1, "nic", emem, copy=True)
    owner = scenario.access(2, 1, "host", host, left=True)
    probe = scenario.stage_cycles(2, "nic") + copy.cycles
    assert demand.probe["cycles", "nic"] == pytest.approx(demand.asked_pps * probe)
    assert demand.probe["wait", "nic"] == pytest.approx(demand.asked_pps * copy.wait_cycles)
    assert demand.probe["read", "emem"] == pytest.approx(demand.asked_pps * copy.reads)
    lookup = scenario.stage_cycles(2, "host") + owner.cycles
    assert demand.lookup["cycles", "host"] == pytest.approx(demand.missed_pps * lookup)
    assert not {("cycles", "host")} & set(demand.probe) and not {("cycles", "nic")} & set(demand.lookup)


def test_both_are_part_of_what_the_evaluator_counts() -> None:
    scenario = _scenario()
    (demand,) = residency_demand(scenario, _split())
    total = measure(scenario, _split())
    for part in (demand.probe, demand.lookup):
        assert all(0 < amount <= total[meter] * (1 + 1e-9) for meter, amount in part.items() if amount)


def test_without_copies_nothing_is_asked() -> None:
    scenario = Scenario(nat_graph(), nat_profile(), load_model("agilio-cx"), RATE, -1)
    assert residency_demand(scenario, host_only(scenario)) == ()
    assert residency_lookups(scenario, host_only(scenario)) == ()


def test_packets_that_came_another_way_are_not_asked_for() -> None:
    """A stage before the lookup runs on the host for some packets: those look up there at once."""
    graph = make_graph(
        [("parse", 2, []), ("classify", 2, [("rules", "lookup", True)]), ("first", 2, [("one", "lookup", True)]),
         ("change", 2, [("one", "insert", False)]), ("second", 2, [("two", "lookup", True)]), ("out", 2, [])],
        [(0, 1), (1, 2), (2, 3), (2, 4), (3, 4), (4, 5)],
        [table("rules"), flow_table("one"), flow_table("two")],
        {"rules", "one", "two"},
    )  # fmt: skip
    profile = make_profile(
        [("both hit", (0, 1, 2, 4, 5), "forward", 900, (900,)), ("new", (0, 1, 2, 3, 4, 5), "forward", 100, (0,))],
        (64,),
        [StateLoad(name, 50, 10, 1000, 0.01) for name in ("rules", "one", "two")],
        [stage.name for stage in graph.stages],
    )
    scenario = Scenario(graph, profile, load_model("agilio-cx"), RATE, 0)
    nic, host = "nic", "host"
    placement = Placement(
        (nic, nic, nic, host, nic, nic), (nic, nic, host, host, host, host),
        (GroupChoice("exclusive", "nic", "", "imem"), PARTIAL, PARTIAL), 0,
    )  # fmt: skip
    one, two = residency_demand(scenario, placement)
    assert (one.asked_pps, one.missed_pps) == pytest.approx((RATE, 0.1 * RATE))
    assert (two.asked_pps, two.missed_pps) == pytest.approx((0.9 * RATE, 0.0))
    first, second = residency_lookups(scenario, placement)
    assert first.insertions_per_s == pytest.approx(scenario.promotions_per_s)
    assert second.insertions_per_s == 0


def test_a_plan_names_probe_and_lookup_with_their_prices() -> None:
    plan = _plan()
    (lookup,) = plan.residency
    assert (lookup.stage, lookup.probe_name, lookup.group) == ("lookup_out", "probe for lookup_out", "outbound")
    assert (lookup.probe.engine, lookup.lookup.engine) == ("nic", "host")
    assert lookup.probe.cores == pytest.approx(lookup.probe.cycles * lookup.probe.packets_pps / NIC_HZ)
    assert 0 < lookup.probe.cores < plan.score.nic_cores and 0 < lookup.lookup.cores < plan.score.host_cores
    assert lookup.probe.memory_operations_per_s > 0 and lookup.probe.waiting_cycles > 0
    assert lookup.entries > 0 and lookup.copy_bytes > 0 and lookup.insertions_per_s > 0
    assert dict(lookup.insertion_cores).keys() == {"nic", "host"}
    memory = next(load for load in plan.score.loads if load.resource == f"{lookup.probe.memory} bytes")
    assert lookup.copy_bytes <= memory.demand * (1 + 1e-9)
    assert plan_from_json(plan_to_json(plan)) == plan


def test_paths_have_the_probe_and_what_it_misses_apart() -> None:
    plan = _plan()
    by_name = {c.name: plan.runs(c) for c in plan.classes}
    steps = [(engine, name) for engine, names in by_name["out hit"] for name in names]
    assert steps[2:4] == [("nic", "probe for lookup_out"), ("|host", "lookup_out")]
    assert steps[-1] == ("nic|host", "out_hit")
    assert "lookup_out" not in str(by_name["in hit"])


def test_the_table_of_a_plan_shows_both() -> None:
    plan = _plan()
    out = io.StringIO()
    Console(width=200, file=out).print(summary(plan))
    shown = out.getvalue()
    assert "Residency lookups" in shown
    lines = [line for line in shown.splitlines() if "lookup_out" in line]
    assert any(line.startswith("probe for lookup_out  nic") and "waiting" in line for line in lines)
    assert any(line.startswith("lookup_out") and "host" in line for line in lines)
    assert copies_words(plan.residency[0]) in shown
