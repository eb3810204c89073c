"""Time compressed and traces cut in two, on the tiny NAT: its entries idle out after 10 s, copies take 50 us."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cora.analysis.graph import StateGraph
from cora.diagnostics import UserError
from cora.ir.nodes import Program
from cora.ir.store import Store
from cora.traffic.assign import PortRules
from cora.traffic.capture import Capture, Frame
from cora.traffic.generate import generate
from cora.traffic.generate_spec import GenerateSpec
from cora.traffic.headers import FlowKey
from cora.traffic.profile import Profile
from cora.traffic.replay import Replay, replay
from cora.traffic.retime import largest_move, observed_replay, played_faster, profile_at_pace
from cora.traffic.scale import at_rate
from cora.traffic.take_profile import ProfileOptions, profile_of, split_profile, take_profile
from cora.traffic.wire import frame

RULES = PortRules(1, 2)
ASK = FlowKey(4, 17, 0x0A000001, 0xC6336401, 4000, 53)
MS, S = 10**6, 10**9
OPTIONS = ProfileOptions(tiers=(2, 8))
SPEC = GenerateSpec(packets=1200, flows=20, ipv6=0.0, icmp_errors=0.0, unsolicited=0.01, rate_pps=100, seed=4)


def capture(*frames: tuple[int, FlowKey]) -> Capture:
    packets = ((time_ns, frame(key)) for time_ns, key in frames)
    return Capture("t", tuple(Frame(time_ns, data, len(data)) for time_ns, data in packets))


def at_pace(nat: Program, graph: StateGraph, taken: Capture, pace: float) -> Profile:
    return profile_at_pace(taken, graph, lambda: Store(nat), RULES, pace, OPTIONS)


def shares(profile: Profile) -> dict[str, tuple[int, int]]:
    return {c.name: (c.packets, c.resident_packets[-1]) for c in profile.classes}


def test_faster_time_reaches_fewer_timeouts_and_more_activations(nat: Program, nat_graph: StateGraph) -> None:
    """Asks at 0, 12 and 13 s: the second finds its entry expired. Ten times as fast it doesn't. A million times as
    fast the third comes a microsecond after the second, when no copy is there yet."""
    taken = capture((0, ASK), (12 * S, ASK), (13 * S, ASK))
    miss, hit = "out miss, insert, back insert: forward", "out hit: forward"
    slow, fast, fastest = (at_pace(nat, nat_graph, taken, pace) for pace in (1, 10, 1e6))
    assert shares(slow)["out hit: forward"] == (1, 1)
    assert slow.classes[0].packets == 2
    assert shares(fast) == {hit: (2, 2), miss: (1, 0)}
    assert shares(fastest) == {hit: (2, 0), miss: (1, 0)}
    assert (fast.scale, fast.compression) == ("time", 10)
    assert fast.rate_pps == pytest.approx(10 * slow.rate_pps)
    assert (fast.flows, fast.flow_arrivals_per_s) == (1, pytest.approx(10 * slow.flow_arrivals_per_s))
    assert largest_move(slow, slow) == 0
    assert largest_move(fast, fastest) == pytest.approx(2 / 3)
    assert largest_move(slow, fast) == largest_move(fast, slow) == pytest.approx(1 / 3)


def test_scaling_by_time_keeps_flows_and_entries(nat: Program, nat_graph: StateGraph) -> None:
    taken = at_pace(nat, nat_graph, generate(SPEC), 4.0)
    scaled = at_rate(taken, 2 * taken.rate_pps)
    assert scaled.factor == pytest.approx(8)
    assert scaled.flows == taken.flows
    assert scaled.flow_arrivals_per_s == pytest.approx(2 * taken.flow_arrivals_per_s)
    assert [t.entries for t in scaled.tiers] == [t.entries for t in taken.tiers]
    assert [t.promotions_per_s for t in scaled.tiers] == [
        pytest.approx(2 * t.promotions / taken.duration_s) for t in taken.tiers
    ]
    assert {s.state: s.entries_peak for s in scaled.states} == {s.state: s.entries_peak for s in taken.states}


def test_one_run_replays_and_observes(nat: Program, nat_graph: StateGraph) -> None:
    taken = generate(SPEC)
    packets, seen = observed_replay(taken, nat_graph, Store(nat), RULES, OPTIONS)
    apart = replay(taken, nat, Store(nat), RULES)
    assert (packets.packets, packets.results) == (apart.packets, apart.results)
    assert profile_of(nat_graph, packets, seen, OPTIONS) == take_profile(nat_graph, apart, Store(nat), OPTIONS)


def test_a_capture_played_faster() -> None:
    taken = capture((5 * S, ASK), (7 * S, ASK), (6 * S, ASK))
    assert [f.time_ns for f in taken.faster(4).frames] == [5 * S, 5 * S + S // 2, 5 * S + S // 4]
    assert Capture("t", ()).faster(2).frames == ()


def test_what_cannot_be_played_faster() -> None:
    instant, second = capture((5, ASK), (5, ASK)), capture((0, ASK), (S, ASK))
    for taken, factor in ((instant, 2.0), (second, 1e9), (instant, 1e9)):
        with pytest.raises(UserError) as failure:
            played_faster(taken, factor)
        assert failure.value.diagnostics[0].code == "C0513"
    assert played_faster(second, 1e8).duration_ns == 10


# ---------------------------------------------------------------- parts


def parts(nat: Program, graph: StateGraph, taken: Replay, share: float) -> tuple[Profile, Profile]:
    return split_profile(graph, taken, Store(nat), share, OPTIONS)


def test_the_rest_finds_what_the_first_part_left(nat: Program, nat_graph: StateGraph) -> None:
    """Two asks of one flow, then one of it and two of another: the first ask of the rest hits, and on the NIC. The
    other flow finds no room there: the first part needed that for one."""
    other = ASK._replace(sport=4001)
    taken = replay(
        capture((0, ASK), (1 * MS, ASK), (2 * MS, ASK), (3 * MS, other), (4 * MS, other)), nat, Store(nat), RULES
    )
    first, rest = parts(nat, nat_graph, taken, 0.4)
    miss, hit = "out miss, insert, back insert: forward", "out hit: forward"
    assert (shares(first), shares(rest)) == ({miss: (1, 0), hit: (1, 1)}, {hit: (2, 1), miss: (1, 0)})
    assert (first.trace, rest.trace) == ("t (first part)", "t (rest)")
    assert (first.flows, rest.flows) == (1, 2)
    assert rest.flow_arrivals_per_s == pytest.approx(1 / rest.duration_s)
    loads = {s.state: s for s in rest.states}
    assert (loads["out"].entries_peak, loads["out"].inserts) == (2, 1)
    reuse = {r.state: r for r in rest.reuse}["out"]
    assert (reuse.references, reuse.first, reuse.distances) == (3, 1, ((1, 2),))


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_parts_make_up_the_whole(nat: Program, nat_graph: StateGraph, share: float) -> None:
    taken = replay(generate(SPEC), nat, Store(nat), RULES)
    whole = take_profile(nat_graph, taken, Store(nat), OPTIONS)
    first, rest = parts(nat, nat_graph, taken, share)
    assert first.packets == round(share * 1200)
    assert (first.packets + rest.packets, first.bytes + rest.bytes) == (whole.packets, whole.bytes)
    for name, (packets, _) in shares(whole).items():
        assert shares(first).get(name, (0, 0))[0] + shares(rest).get(name, (0, 0))[0] == packets
    for block, visits in whole.block_packets.items():
        assert first.block_packets[block] + rest.block_packets[block] == visits
    inserts = [sum(s.inserts for s in p.states) for p in (first, rest, whole)]
    assert inserts[0] + inserts[1] == inserts[2]
    arrivals = first.flow_arrivals_per_s * first.duration_s + rest.flow_arrivals_per_s * rest.duration_s
    assert round(arrivals) == whole.flows
    ratio = rest.rate_pps / first.rate_pps
    assert [t.entries for t in rest.tiers] == [max(1, round(t.entries * ratio)) for t in first.tiers]


@pytest.mark.parametrize("share", [0.0, 0.0001, 0.9999, 1.0])
def test_a_part_without_packets_is_refused(nat: Program, nat_graph: StateGraph, share: float) -> None:
    taken = replay(generate(replace(SPEC, packets=100)), nat, Store(nat), RULES)
    with pytest.raises(UserError) as failure:
        parts(nat, nat_graph, taken, share)
    assert failure.value.diagnostics[0].code == "C0512"


# ---------------------------------------------------------------- hot cells


def test_the_busiest_cells_are_named(nat: Program, nat_graph: StateGraph) -> None:
    other = ASK._replace(sport=4001)
    taken = replay(capture((0, ASK), (1 * MS, other), (2 * MS, ASK)), nat, Store(nat), RULES)
    got = {s.state: s for s in take_profile(nat_graph, taken, Store(nat), OPTIONS).states}
    # 2 lookups, an insert and a touch of the one; a lookup and an insert of the other.
    assert [(c.key, c.accesses, c.share) for c in got["out"].hot] == [
        ("src=10.0.0.1 sport=4000 dst=198.51.100.1 dport=53", 4, 4 / 6),
        ("src=10.0.0.1 sport=4001 dst=198.51.100.1 dport=53", 2, 2 / 6),
    ]
    assert got["out"].hottest_share == got["out"].hot[0].share
    assert [c.key for c in got["seen"].hot] == ["index=1"]
