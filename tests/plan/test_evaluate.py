"""The evaluator against figures worked out by hand on the NAT in nine stages, and its rules of legality."""

from __future__ import annotations

import dataclasses

import pytest
from hand_made import make_graph, make_profile, nat_graph, nat_profile

from cora.diagnostics import UserError
from cora.model import load_model
from cora.model.contexts import demands
from cora.model.evaluate import evaluate, measure
from cora.model.legality import why_illegal
from cora.model.placement import GroupChoice, Placement
from cora.model.scenario import HAND_OFF_BYTES, Scenario
from cora.model.schema import Said
from cora.plan.task import all_on, host_only

RATE = 1e6
HOST = GroupChoice("exclusive", "host", "", "host-dram")
FULL = GroupChoice("replicated", "host", "nic", "imem")
PARTIAL = GroupChoice("replicated", "host", "nic", "emem")
MERGED = GroupChoice("merged", "host", "nic", "imem")
ON_NIC = GroupChoice("exclusive", "nic", "", "imem")


def _scenario(tier: int = 2, rate: float = RATE) -> Scenario:
    return Scenario(nat_graph(), nat_profile(), load_model("agilio-cx"), rate, tier)


def _split() -> Placement:
    """Hits on the NIC; what misses goes to the host at the lookup."""
    hot = ("nic", "nic", "nic", "nic", "host", "nic", "nic", "nic", "nic")
    cold = ("nic", "nic", "host", "host", "host", "nic", "nic", "nic", "nic")
    return Placement(hot, cold, (ON_NIC, PARTIAL, FULL, MERGED), 2)


def test_host_only_pays_receiving_running_and_transmitting() -> None:
    scenario = _scenario(-1)
    demand = measure(scenario, host_only(scenario))
    host = scenario.model.host
    stages = sum(
        load.rate_pps * scenario.stage_cycles(stage, "host") for load in scenario.classes for stage in load.path
    )
    memory = scenario.model.memories_of("host")[0]
    accesses = sum(
        load.rate_pps * scenario.access(stage, group, "host", memory).cycles
        for load in scenario.classes
        for stage in load.path
        for group in scenario.stage_groups(stage)
    )
    forwarded = RATE * 0.99  # one packet in a hundred is dropped
    expected = RATE * host.receive_cycles.value + forwarded * host.transmit_cycles.value + stages + accesses
    assert demand["cycles", "host"] == pytest.approx(expected)
    assert demand["inwards", "pcie"] == pytest.approx(RATE * 400 * 8)
    assert demand["outwards", "pcie"] == pytest.approx(forwarded * 400 * 8)
    assert ("cycles", "nic") not in demand


def test_a_split_charges_probe_crossing_and_return() -> None:
    scenario = _scenario()
    assert why_illegal(scenario, _split()) == ""
    demand = measure(scenario, _split())
    cold = RATE * (55_000 - 52_000 + 2_000) / 100_000
    swept = 2000 * scenario.traffic.factor / 30 * 8 * 16  # the timers of copies, each half minute
    assert demand["inwards", "pcie"] == pytest.approx(cold * 8 * (400 + HAND_OFF_BYTES + 32 / 8) + swept)
    assert demand["outwards", "pcie"] == pytest.approx(cold * 8 * (400 + HAND_OFF_BYTES))
    assert demand["packets", "host"] == pytest.approx(cold)
    assert demand["packets", "nic"] == pytest.approx(RATE + cold)  # the cold ones pass it twice
    lookups = RATE * 0.57  # hot packets and the probes of cold ones
    routes = RATE
    assert demand["read", "emem"] == pytest.approx(2 * lookups)
    assert demand["read", "imem"] == pytest.approx(2 * routes + RATE * 0.41)
    per_s = scenario.traffic.tiers[2].promotions_per_s
    assert demand["inserts", "nic"] == pytest.approx(per_s)


def test_the_owner_of_copies_works_on_what_they_leave() -> None:
    scenario = _scenario()
    memory = scenario.model.memories_of("host")[0]
    whole = scenario.access(2, 1, "host", memory).cycles
    assert scenario.access(2, 1, "host", memory, left=True).cycles <= whole
    alone = measure(scenario, _split())["cycles", "host"]
    together = measure(scenario, dataclasses.replace(_split(), hot=("nic", "nic", *["host"] * 3, *["nic"] * 4)))
    assert alone < together["cycles", "host"]


def test_throughput_is_where_the_tightest_resource_is_full() -> None:
    scenario = _scenario()
    evaluation = evaluate(scenario, _split())
    assert evaluation.feasible
    row = next(r for r in evaluation.rows if r.resource == evaluation.bottleneck)
    assert evaluation.throughput_pps == pytest.approx(RATE * row.capacity / row.per_rate)
    limited = evaluate(scenario, host_only(scenario), host_cores=0.2)
    assert not limited.feasible and "host cores" in limited.reason


def test_two_forms_of_thread_limit() -> None:
    rows = {row.resource: row for row in evaluate(_scenario(), _split()).rows}
    assert rows["nic threads"].capacity == 8 * rows["nic cores"].capacity
    assert rows["nic threads"].used > rows["nic cores"].used


def test_memory_is_counted_at_the_load_factor() -> None:
    scenario = _scenario()
    demand = measure(scenario, _split())
    copies = min(4096, 2000) * scenario.traffic.factor
    assert demand["bytes", "emem"] == pytest.approx(copies * (16 + 8) / 0.75)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"groups": (ON_NIC, HOST, FULL, MERGED)}, "outbound lives elsewhere"),
        ({"cold": ("nic",) * 9}, "may not run on nic: outbound"),
        ({"hot": ("nic", "nic", "host", "nic", "host", *["nic"] * 4)}, "out_hit lies outwards of lookup_out"),
        ({"hot": ("nic",) * 9}, "out_miss may not run on nic"),
        ({"groups": (MERGED, PARTIAL, FULL, MERGED)}, "cannot be merged"),
        ({"cold": ("nic", "host", *["host"] * 7)}, "nothing tells resident packets"),
    ],
)
def test_what_is_illegal(change: dict[str, tuple[str, ...]], words: str) -> None:
    placement = dataclasses.replace(_split(), **change)  # type: ignore[arg-type]
    assert words in why_illegal(_scenario(), placement)


def _missing(**change: object) -> Scenario:
    """The NAT with something changed of the ways on which packets miss outbound."""
    graph = nat_graph()
    stages = [
        dataclasses.replace(s, misses=tuple(dataclasses.replace(w, **change) for w in s.misses))  # type: ignore[arg-type]
        if s.index == 2
        else s
        for s in graph.stages
    ]
    changed = dataclasses.replace(graph, stages=tuple(stages))
    return Scenario(changed, nat_profile(), load_model("agilio-cx"), RATE, 2)


def test_conflicts_and_restarts_forbid_crossings() -> None:
    words = "nic cannot hand off the packets that lookup_out misses: "
    assert why_illegal(_missing(conflict="counted twice"), _split()) == f"{words}counted twice"
    reason = why_illegal(_missing(restart=1), dataclasses.replace(_split(), groups=(ON_NIC, *_split().groups[1:])))
    assert reason == f"{words}host would go on at classify, and would need routes, which is elsewhere"


def test_a_packet_that_has_looked_nothing_up_may_not_touch_a_partial_copy() -> None:
    stages = [("parse", 1, []), ("early", 1, [("flows", "touch", True)]), ("end", 1, [])]
    from hand_made import flow_table

    graph = make_graph(stages, [(0, 1), (1, 2)], [flow_table("flows")], {"flows"})
    profile = make_profile([("all", (0, 1, 2), "forward", 100, (100,))], (64,), [], ["parse", "early", "end"])
    scenario = Scenario(graph, profile, load_model("agilio-cx"), RATE, 0)
    everywhere = Placement(("nic",) * 3, ("nic",) * 3, (PARTIAL,), 0)
    assert "flows lives elsewhere" in why_illegal(scenario, everywhere)


def test_a_profile_of_another_program_is_refused() -> None:
    profile = nat_profile()
    stray = dataclasses.replace(profile.classes[0], path=(0, 77))
    with pytest.raises(UserError, match="stage 77"):
        Scenario(nat_graph(), dataclasses.replace(profile, classes=(stray,)), load_model("softnic"), RATE, -1)
    with pytest.raises(UserError, match="no packets"):
        Scenario(nat_graph(), dataclasses.replace(profile, packets=0), load_model("softnic"), RATE, -1)


def _changed(**changes: object) -> Scenario:
    """The scenario on a NIC with other properties; `able` are changes of its capabilities."""
    model = load_model("agilio-cx")
    nic, host = model.engines
    able = dataclasses.replace(nic.capabilities, **changes.pop("able", {}))  # type: ignore[arg-type]
    nic = dataclasses.replace(nic, capabilities=able, **changes)  # type: ignore[arg-type]
    model = dataclasses.replace(model, engines=(nic, host))
    return Scenario(nat_graph(), nat_profile(), model, RATE, 2)


def test_a_table_with_timeouts_needs_somebody_who_sweeps_it() -> None:
    owned = dataclasses.replace(_split(), groups=(ON_NIC, ON_NIC, FULL, MERGED))
    assert "nothing there removes idle entries" in why_illegal(_changed(sweep=None), owned)
    assert "nothing there" not in why_illegal(_scenario(), owned)


def test_the_host_pays_for_sweeping_what_lives_on_the_nic() -> None:
    """Everything on the NIC: the host looks at each entry, and at those that have gone idle since, twice a minute."""
    scenario = _scenario(-1)
    placement = all_on(scenario, "nic")
    demand = measure(scenario, placement)
    looked_at = 2000 * scenario.traffic.factor / 30 + 2000 * RATE / 100_000
    host = scenario.model.host
    assert demand["cycles", "host"] == pytest.approx(looked_at * 300 * host.clock_hz.value / 1e9)
    assert demand["inwards", "pcie"] == pytest.approx(looked_at * 8 * 16)
    itself = _changed(able={"expires_entries": True}, sweep=None)
    assert ("cycles", "host") not in measure(itself, all_on(itself, "nic"))


def test_an_engine_that_only_drops_hands_over_what_is_sent() -> None:
    scenario = _changed(able={"forwards": False})
    assert "cannot send a packet out" in why_illegal(scenario, _split())
    assert scenario.can_run(7, "nic") == "" and scenario.can_run(8, "nic")


def test_copies_need_answers_that_pass_or_reordering() -> None:
    scenario = _changed(able={"in_band": False})
    assert "--allow-reordering" in scenario.cannot_copy(1, scenario.engines[0])
    assert all(option.mode == "exclusive" for option in scenario.options(1))
    free = Scenario(nat_graph(), nat_profile(), scenario.model, RATE, 2, reordering=True)
    assert any(option.mode == "replicated" for option in free.options(1))
    assert all(option.mode != "replicated" for option in free.options(2))  # a register follows its owner's writes


def _said(value: str) -> Said:
    return Said(value, "test", "assumed")


def test_copies_need_stamps_and_one_context_for_each_flow() -> None:
    for able, words in (
        ({"stamps": _said("none")}, "can't count its hand-offs"),
        ({"serial_flows": _said("never")}, "meet on different cores"),
    ):
        scenario = _changed(able=able)
        assert words in scenario.cannot_copy(1, scenario.engines[0])
        assert words in scenario.cannot_shard(1, scenario.engines[0])
        assert {option.mode for option in scenario.options(1)} == {"exclusive"}
        assert "merged" in {option.mode for option in scenario.options(3)}  # each engine counts for itself


def test_copies_need_a_link_that_keeps_order() -> None:
    model = load_model("agilio-cx")
    loose = dataclasses.replace(model, links=(dataclasses.replace(model.links[0], order=_said("none")),))
    scenario = Scenario(nat_graph(), nat_profile(), loose, RATE, 2)
    assert "pcie doesn't keep the order of frames" in scenario.cannot_copy(1, scenario.engines[0])
    assert why_illegal(scenario, _split()) == "outbound cannot be replicated on nic"


def test_an_engine_that_exchanges_holds_copies_and_says_what_it_needs() -> None:
    scenario = _changed(able={"serial_flows": _said("exchange")})
    assert not scenario.cannot_copy(1, scenario.engines[0])
    (told, *_) = demands(scenario.model, scenario.engines[0])
    assert "an answer's packet must be sent before the rest" in told


@pytest.mark.parametrize(("name", "words"), [("softnic", []), ("agilio-cx", ["steered", "one queue each way"])])
def test_what_the_machine_must_be_set_up_for(name: str, words: list[str]) -> None:
    model = load_model(name)
    told = list(demands(model, model.stage_engines[0]))
    assert len(told) == len(words) and all(word in text for word, text in zip(words, told, strict=True))


def test_links_and_tables_that_hold_little() -> None:
    longest = dataclasses.replace(load_model("agilio-cx").wire.line_rate_bps, value=12.0)
    scenario = _changed(able={"entry_bytes": longest})
    assert "entries of 12 bytes at most" in why_illegal(scenario, _split()) or not scenario.options(1)[1:]
    assert "holds entries of 12 bytes" in scenario.cannot_copy(1, scenario.engines[0])
    model = load_model("agilio-cx")
    narrow = dataclasses.replace(model.links[0], metadata_bits=longest)
    scenario = Scenario(nat_graph(), nat_profile(), dataclasses.replace(model, links=(narrow,)), RATE, 2)
    assert "32 bits would have to travel over pcie, which carries 12" in why_illegal(scenario, _split())
