"""Plans of the NAT in nine stages: what is decided, what is said about it, and requests that cannot be met."""

from __future__ import annotations

import dataclasses
import functools
from pathlib import Path

import msgspec
import pytest
from hand_made import counter, make_graph, make_profile, nat_graph, nat_profile, register, table
from rich.console import Console

from cora.analysis.graph import StateGraph
from cora.diagnostics import UserError
from cora.error_catalog import CATALOG
from cora.model import load_model
from cora.model.schema import Model
from cora.plan import STRATEGIES, Plan, PlanRequest, default_rate_pps, make_plan
from cora.plan.infeasible import InfeasibleError
from cora.plan.io import plan_from_json, plan_to_json, read_plan, write_plan
from cora.plan.render import comparison, summary
from cora.plan.reserve import parse_reserve

TARGETS = ("agilio-cx", "bluefield2", "softnic")


@functools.cache
def _plan(target: str = "agilio-cx", **request: object) -> Plan:
    return make_plan(nat_graph(), nat_profile(), load_model(target), PlanRequest(**request))  # type: ignore[arg-type]


RATES = {"agilio-cx": 8e6, "bluefield2": 8e6, "softnic": 1.6e6}


@functools.cache
def _with_copies(target: str) -> Plan:
    """The plan on a NIC whose tables nobody sweeps, so that connections can only be copied there."""
    model = load_model(target)
    engines = tuple(dataclasses.replace(engine, sweep=None) for engine in model.engines)
    model = dataclasses.replace(model, engines=engines)
    return make_plan(nat_graph(), nat_profile(), model, PlanRequest(rate_pps=RATES[target]))


def _small_nic(bytes_of_memory: float) -> Model:
    """An Agilio with one small memory."""
    model = load_model("agilio-cx")
    imem = model.memory("imem")
    imem = dataclasses.replace(imem, capacity_bytes=dataclasses.replace(imem.capacity_bytes, value=bytes_of_memory))
    return dataclasses.replace(model, memories=(imem, model.memory("host-dram")))


@pytest.mark.parametrize("target", TARGETS)
def test_hits_are_served_by_the_nic_and_the_rest_is_explained(target: str) -> None:
    plan = _with_copies(target)
    classes = {c.name: c for c in plan.classes}
    assert classes["in hit"].nic_share == 1 and classes["in hit"].reason == ""
    assert 0.9 < classes["out hit"].nic_share < 1 and "not on the NIC" in classes["out hit"].reason
    assert classes["out new"].nic_share == 0
    assert "inserts into outbound: a change of state needs the owner" in classes["out new"].reason
    states = {s.group: s for s in plan.states}
    assert states["outbound"].mode == "replicated" and states["outbound"].owner == "host"
    assert states["outbound"].copy_entries > 0 and "served" not in states["outbound"].memory
    assert states["slots"].mode == "replicated" and states["slots"].copy_entries == 0
    assert states["stats"].mode == "merged"
    assert all(s.reason for s in plan.states)


@pytest.mark.parametrize("target", TARGETS)
def test_the_plan_beats_its_baselines(target: str) -> None:
    plan = _with_copies(target)
    assert [s.strategy for s in plan.baselines] == list(STRATEGIES[1:])
    host_only = plan.baselines[0]
    assert plan.score.host_cores < 0.2 * host_only.host_cores
    assert all(plan.score.host_cores <= s.host_cores for s in plan.baselines if s.feasible)
    assert plan.gap == 0 and plan.bound == pytest.approx(plan.score.host_cores, abs=1e-5)
    assert not plan.baselines[1].feasible and "idle entries" in plan.baselines[1].reason
    assert any("alone could not" in note for note in plan.notes)


def test_engines_are_those_that_run_stages() -> None:
    assert _plan("bluefield2").engines == ("arm", "host")
    assert _plan("bluefield2", strategy="host-only").engines == ("host",)
    assert _plan("host-x86").engines == ("host",)


def test_plans_are_reproducible_to_the_byte() -> None:
    assert plan_to_json(_plan.__wrapped__("softnic")) == plan_to_json(_plan.__wrapped__("softnic"))


def test_max_rate_finds_what_the_cores_sustain() -> None:
    plan = _plan("softnic", objective="max-rate", cores=0.5)
    host_only = next(s for s in plan.baselines if s.strategy == "host-only")
    assert plan.rate_pps > 1.4 * host_only.throughput_pps
    assert plan.score.host_cores <= 0.5 * (1 + 1e-6)
    assert plan.score.throughput_pps == pytest.approx(plan.rate_pps, rel=1e-3)
    assert plan.gap < 0.05 and plan.bound >= plan.rate_pps
    assert "0.5 host cores" in plan.objective


@pytest.mark.parametrize("target", (*TARGETS, "host-x86"))
def test_the_default_rate_is_too_much_for_the_nic_alone_where_a_split_passes_more(target: str) -> None:
    graph, profile, model = nat_graph(), nat_profile(), load_model(target)
    rate = default_rate_pps(graph, profile, model)
    assert 1e5 < rate <= model.wire.line_rate_bps.value / (8 * 400)
    plan = _plan(target)
    assert plan.rate_pps == rate and plan.score.feasible
    alone = {s.strategy: s for s in plan.baselines}["nic-only"]
    words = " ".join(plan.notes)
    if target in ("agilio-cx", "softnic"):  # handing packets over costs these NICs more than running all of it
        assert alone.feasible and "nic could run the whole program at this rate" in words
        assert plan.score.host_cores <= alone.host_cores
    elif target == "bluefield2":
        assert not alone.feasible and "alone could not" in words
        hit, miss = (next(c for c in plan.classes if c.name == name) for name in ("out hit", "out new"))
        assert hit.nic_share > 0.9 and miss.nic_share == 0


def test_when_offload_saves_nothing_the_plan_is_host_only() -> None:
    graph = make_graph(
        [("parse", 1, []), ("change", 5, [("cells", "rmw", False)]), ("end", 1, [])],
        [(0, 1), (1, 2)],
        [register("cells")],
        {"cells"},
    )
    profile = dataclasses.replace(
        nat_profile(), classes=(dataclasses.replace(nat_profile().classes[0], path=(0, 1, 2), packets=100_000),)
    )
    model = _no_ownership(load_model("softnic"))
    plan = make_plan(graph, profile, model, PlanRequest(rate_pps=1e6))
    assert plan.engines == ("host",) and {s.hot for s in plan.stages} == {"host"}
    assert any("host-only: the best split saves nothing" in note for note in plan.notes)


def _no_ownership(model: Model) -> Model:
    """A NIC that can read, not write: whatever changes the register must go on."""
    nic = model.engines[0]
    able = dataclasses.replace(nic.capabilities, accesses=("lookup", "read"))
    return dataclasses.replace(model, engines=(dataclasses.replace(nic, capabilities=able), model.host))


def test_pins_hold() -> None:
    plan = _plan(pin_states=(("slots", "host"),), baselines=False)
    classes = {c.name: c for c in plan.classes}
    assert classes["in hit"].nic_share == 0 and classes["out hit"].nic_share > 0.9
    plan = _plan(pin_stages=(("in_hit", "host"),), baselines=False)
    assert {s.name: s.hot for s in plan.stages}["in_hit"] == "host"


def test_conflicting_pins_are_named() -> None:
    with pytest.raises(InfeasibleError) as caught:
        _plan(pin_stages=(("parse", "host"), ("in_hit", "nic")))
    assert caught.value.exit_status == 3
    text = caught.value.diagnostics[0].message
    assert "parse is pinned to host" in text and "in_hit is pinned to nic" in text and "imem" not in text


def test_a_memory_that_is_too_small_is_named() -> None:
    graph = _owned_on_nic()
    request = PlanRequest(rate_pps=1e6, strategy="nic-only", baselines=False)
    plan = make_plan(graph, nat_profile(), _small_nic(100_000), request)
    assert not plan.score.feasible
    assert "slots needs 1 MiB of imem" in plan.score.reason and "imem has 97.7 KiB" in plan.score.reason


def _owned_on_nic() -> StateGraph:
    """The NAT without timeouts: the NIC may own its table."""
    graph = nat_graph()
    states = tuple(dataclasses.replace(s, idle_timeouts_ns=()) for s in graph.program.states)
    return dataclasses.replace(graph, program=dataclasses.replace(graph.program, states=states))


def test_a_pin_into_a_memory_that_is_too_small() -> None:
    request = PlanRequest(rate_pps=1e6, pin_states=(("slots", "nic"),), baselines=False)
    with pytest.raises(InfeasibleError) as caught:
        make_plan(_owned_on_nic(), nat_profile(), _small_nic(100_000), request)
    assert "slots is pinned to nic" in caught.value.diagnostics[0].message
    assert "imem bytes: 97.7 KiB there" in caught.value.diagnostics[0].message


def test_fewer_cores_than_the_host_needs_for_itself() -> None:
    with pytest.raises(InfeasibleError) as caught:
        _plan("softnic", objective="max-rate", cores=0.001)
    assert caught.value.diagnostics[0].code == "C0620"


def test_more_than_the_wire_carries() -> None:
    with pytest.raises(InfeasibleError, match="more than the wire of agilio-cx carries") as caught:
        _plan(rate_pps=60e6)
    assert "plan for 23.6 Mpps or less" in caught.value.diagnostics[0].help


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        ({"strategy": "best"}, "no strategy 'best'"),
        ({"rate_pps": -1.0}, "above 0"),
        ({"pin_states": (("slot", "nic"),)}, "no state 'slot'"),
        ({"pin_states": (("slots", "eswitch"),)}, "'eswitch'"),
        ({"pin_stages": (("out", "nic"),)}, "no stage 'out'"),
    ],
)
def test_requests_that_make_no_sense(request_: dict[str, object], words: str) -> None:
    with pytest.raises(UserError, match=words) as caught:
        _plan(**request_)
    assert caught.value.diagnostics[0].code == "C0621" and caught.value.exit_status == 1
    assert caught.value.diagnostics[0].help


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_strategy_gives_a_plan(strategy: str) -> None:
    plan = _plan(strategy=strategy, baselines=False, rate_pps=1e6)
    assert plan.strategy == strategy and plan.score.feasible and plan.baselines == ()


def test_nic_only_says_why_not() -> None:
    with pytest.raises(InfeasibleError, match="nic cannot touch"):
        _plan("agilio-cx-xdp", strategy="nic-only", baselines=False, rate_pps=1e6)


def test_baselines_are_as_good_as_their_ideas() -> None:
    """At a rate at which the NIC has room for all, whatever puts everything there is as good as we are."""
    plan = _plan(rate_pps=4e6)
    cores = {score.strategy: score.host_cores for score in plan.baselines}
    assert cores["state-only"] == pytest.approx(cores["nic-only"])
    assert cores["max-offload"] == pytest.approx(cores["nic-only"])
    assert cores["greedy"] < 0.5 * cores["host-only"]
    assert plan.score.host_cores <= min(cores.values()) + 1e-6


def test_exclusions_hold() -> None:
    plan = _plan(exclude=(("slots", "nic"), ("in_hit", "nic")), baselines=False, rate_pps=4e6)
    slots = next(s for s in plan.states if s.group == "slots")
    assert slots.owner == "host" and slots.copies_on == ()
    assert {s.name: (s.hot, s.cold) for s in plan.stages}["in_hit"] == ("host", "host")
    assert any(s.hot == "nic" for s in plan.stages)


def test_what_is_reserved_is_left_alone() -> None:
    rate = 8e6
    whole = _plan(baselines=False, rate_pps=rate)
    some = _plan(baselines=False, rate_pps=rate, reserve=parse_reserve("cores=40,imem=1MiB, pcie=5Gb/s"))
    loads = {load.resource: load for load in some.score.loads}
    assert loads["nic cores"].capacity == 10 and loads["imem bytes"].capacity == 2 * 2**20
    assert some.score.host_cores == pytest.approx(whole.score.host_cores)
    little = _plan(baselines=False, rate_pps=rate, reserve=parse_reserve("cores=46"))
    assert little.score.host_cores > whole.score.host_cores + 0.5
    assert "40 of cores reserved: the plan leaves it alone" in some.notes


@pytest.mark.parametrize(
    ("text", "words"),
    [("imem", "no reservation"), ("imem=1MB", "no reservation"), ("imem=1Gb/s", "no amount of imem"),
     ("cores=1MiB", "no amount of nic cores"), ("dram=1MiB", "no 'dram'"), ("imem=1..2MiB", "no reservation")],
)  # fmt: skip
def test_reservations_that_make_no_sense(text: str, words: str) -> None:
    with pytest.raises(UserError, match=words) as caught:
        _plan(reserve=parse_reserve(text))
    assert caught.value.diagnostics[0].code == "C0621" and caught.value.diagnostics[0].help


def test_wishes_that_change_nothing_are_answered() -> None:
    plan = _plan(baselines=False, rate_pps=1e6, allow_stale=(("slots", 5.0),), allow_reordering=True)
    assert any("slots may be 5 ms stale: the plan doesn't need it" in note for note in plan.notes)
    assert any("reordering is allowed, and the plan doesn't need it" in note for note in plan.notes)


def test_the_xdp_offload_can_drop_and_says_what_it_cannot() -> None:
    """Three packets in ten are strays that a counter counts and the NIC could drop."""
    graph = make_graph(
        [("parse", 2, []), ("classify", 4, [("routes", "lookup", True)]), ("drop_stray", 2, [("stats", "count", True)]),
         ("change", 60, [("slots", "rmw", False)])],
        [(0, 1), (1, 2), (1, 3)],
        [table("routes"), counter("stats"), register("slots")],
        {"routes", "stats"},
    )  # fmt: skip
    some = dataclasses.replace(nat_profile().classes[0], packets=1, resident_packets=(1, 1, 1))
    classes = (
        dataclasses.replace(some, name="stray", path=(0, 1, 2), verdict="stray", packets=80_000, bytes=32_000_000),
        dataclasses.replace(some, name="rest", path=(0, 1, 3), packets=20_000, bytes=8_000_000),
    )
    profile = dataclasses.replace(nat_profile(), classes=classes)
    plan = make_plan(graph, profile, load_model("agilio-cx-xdp"), PlanRequest(rate_pps=5e6))
    found = {c.name: c for c in plan.classes}
    assert found["stray"].nic_share == 1 and found["rest"].nic_share == 0
    assert "nic cannot rmw" in found["rest"].reason
    assert plan.score.host_cores < 0.8 * plan.baselines[0].host_cores
    assert any("a plan to look at" in note for note in plan.notes)


def test_plans_survive_json(tmp_path: Path) -> None:
    plan = _plan("bluefield2")
    write_plan(plan, tmp_path / "plan.json")
    assert read_plan(tmp_path / "plan.json") == plan


def test_plan_files_that_are_none(tmp_path: Path) -> None:
    text = plan_to_json(_plan("softnic", baselines=False))
    for bad, code in (
        (text.replace('"schema": 1', '"schema": 99'), "C0622"),
        (text[:-20], "C0623"),
        (text.replace('"rate_pps": ', '"rate_pps": "fast", "x": '), "C0623"),
        ("[]", "C0623"),
    ):
        with pytest.raises(UserError) as caught:
            plan_from_json(bad, "plan.json")
        assert caught.value.diagnostics[0].code == code and code in CATALOG
        assert caught.value.diagnostics[0].help
    with pytest.raises(UserError, match="cannot read the plan"):
        read_plan(tmp_path / "none.json")


def test_tables_show_cores_reasons_and_places() -> None:
    console = Console(width=200, record=True, file=None, force_terminal=False)
    with console.capture() as captured:
        console.print(comparison([_with_copies("agilio-cx"), _with_copies("bluefield2")]))
        console.print(summary(_with_copies("softnic")))
    text = captured.get()
    for words in (
        "host cores, all on the host", "saved", "bottleneck", "replicated: host + nic (emem)", "replicated: host + arm",
        "a change of state needs the owner", "Strategies", "traffic-only", "nic cores", "out hit", "assumption:",
    ):  # fmt: skip
        assert words in text, words
    assert "nan" not in text and "None" not in text


def test_assumptions_that_decide_are_named() -> None:
    """All on the NIC at 8 M packets/s means 0.16 M insertions/s; the model assumes 2 M/s, perhaps less."""
    model = load_model("agilio-cx")
    nic = model.engines[0]
    rate = nic.capabilities.insert_rate_per_s
    assert rate is not None
    able = dataclasses.replace(nic.capabilities, insert_rate_per_s=dataclasses.replace(rate, low=0.1e6))
    model = dataclasses.replace(model, engines=(dataclasses.replace(nic, capabilities=able), model.host))
    plan = make_plan(nat_graph(), nat_profile(), model, PlanRequest(rate_pps=8e6, strategy="nic-only", baselines=False))
    words = "nic insertions: 160 k/s used of 2 M/s assumed; the assumption's range begins at 100 k/s"
    assert any(words in text for text in plan.assumptions)


def test_loads_say_what_is_assumed() -> None:
    plan = _plan("bluefield2")
    arm = next(load for load in plan.score.loads if load.resource == "arm cores")
    assert arm.assumed and 0 < arm.utilisation <= 1
    assert any("arm cores" in text for text in plan.assumptions)
    assert msgspec.to_builtins(plan)["score"]["bottleneck"]


def test_a_program_without_states_is_planned() -> None:
    """Greedy has no group to move."""
    graph = make_graph([("parse", 3, []), ("rewrite", 50, [])], [(0, 1)], [], set())
    profile = make_profile([("all", (0, 1), "forward", 100_000, (100_000,))], (64,), [], ["parse", "rewrite"])
    plan = make_plan(graph, profile, load_model("agilio-cx"), PlanRequest(rate_pps=4e6))
    assert {"greedy", "host-only"} <= {score.strategy for score in plan.baselines}
