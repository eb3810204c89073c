"""What a plan copies decides where its packets may leave an engine."""

from __future__ import annotations

import dataclasses

from hand_made import flow_table, make_graph, make_profile, register

from cora.analysis.graph import Way
from cora.model import load_model
from cora.model.evaluate import evaluate
from cora.model.legality import why_illegal
from cora.model.placement import GroupChoice
from cora.plan.ilp import Restriction
from cora.plan.request import Solver
from cora.plan.strategies import Outcome, Task, run_strategy
from cora.traffic.profile import StateLoad


def _found() -> tuple[Task, Outcome]:
    """Packets read a register, change another one, and look up a flow; those that miss need the host."""
    graph = make_graph(
        [("parse", 5, []), ("read limit", 100, [("limit", "read", True)]), ("add", 100, [("sums", "rmw", False)]),
         ("look up", 20, [("flows", "lookup", True)]), ("hit", 50, []), ("miss", 50, [("flows", "insert", False)])],
        [(0, 1), (1, 2), (2, 3), (3, 4), (3, 5)],
        [register("limit"), register("sums"), flow_table("flows")],
        {"limit", "flows"},
    )  # fmt: skip
    classes = [
        ("hit", (0, 1, 2, 3, 4), "forward", 95_000, (95_000,)),
        ("miss", (0, 1, 2, 3, 5), "forward", 5_000, (0,)),
    ]
    loads = [StateLoad(s, 100, 10, 100_000, 0.01) for s in ("limit", "sums", "flows")]
    profile = make_profile(classes, (4096,), loads, [s.name for s in graph.stages])
    model = load_model("softnic")
    nic, host = model.engines
    able = dataclasses.replace(nic.capabilities, data_plane_insert=False)
    model = dataclasses.replace(model, engines=(dataclasses.replace(nic, capabilities=able), host))
    task = Task(graph, profile, model, "min-cores", 0.3e6, None, Solver(), Restriction())
    return task, run_strategy("ilp", task)


def test_a_split_that_is_legal_only_with_one_set_of_copies_is_found() -> None:
    """With a copy of `limit` a packet that misses would start over before `sums`, and add twice; one that may not use
    the copy yet would need `sums` on the host. Without a copy packets start over at the lookup."""
    task, found = _found()
    assert found.feasible and found.placement is not None
    limit, sums, flows = found.placement.groups
    assert (limit.mode, limit.owner) == (sums.mode, sums.owner) == ("exclusive", "nic")
    assert (flows.mode, flows.holder) == ("replicated", "nic")
    scenario = task.scenario(found.placement.tier)
    copied = dataclasses.replace(found.placement, groups=(dataclasses.replace(flows, memory=limit.memory), sums, flows))
    assert why_illegal(scenario, found.placement) == ""
    assert "host would go on at read limit, and would need sums, which is elsewhere" in why_illegal(scenario, copied)
    assert evaluate(scenario, found.placement).host_cores < 0.5 * run_strategy("host-only", task).evaluation.host_cores


def test_no_state_may_be_left_behind_that_comes_after_the_restart() -> None:
    """The owner would go on at the lookup of flows, and may come to what near has for itself."""
    task, found = _found()
    assert found.placement is not None
    graph = make_graph(
        [("parse", 5, []), ("look up", 20, [("flows", "lookup", True)]), ("hit", 5, [("sums", "rmw", False)]),
         ("miss", 5, [("flows", "insert", False)])],
        [(0, 1), (1, 2), (1, 3)],
        [register("sums"), flow_table("flows")],
        {"flows"},
    )  # fmt: skip
    classes = [("hit", (0, 1, 2), "forward", 95, (95,)), ("miss", (0, 1, 3), "forward", 5, (0,))]
    profile = make_profile(classes, (4096,), [], [s.name for s in graph.stages])
    scenario = dataclasses.replace(task, graph=graph, profile=profile).scenario(0)
    own, flows = GroupChoice("exclusive", "nic", "", found.placement.groups[1].memory), found.placement.groups[2]
    placement = dataclasses.replace(
        found.placement,
        hot=("nic", "nic", "nic", "host"),
        cold=("nic", "host", "host", "host"),
        groups=(own, flows),
        tier=0,
    )
    assert why_illegal(scenario, placement) != ""


def test_ways() -> None:
    way = Way(3, frozenset({"a"}), frozenset({"b"}), "", (("c", "read again"),), (("d", "done twice"),), (("e", "t"),))
    assert way.taken(frozenset("a")) and way.taken(frozenset("ac"))
    assert not way.taken(frozenset()) and not way.taken(frozenset("ab"))
    assert way.why_not(frozenset("ad")) == ""
    assert way.why_not(frozenset("a")) == "done twice"
    assert way.why_not(frozenset("acd")) == "read again"
    assert "which entries of t" in way.why_not(frozenset("ade")) and way.effect(frozenset("ade")) == ""
