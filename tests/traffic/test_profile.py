"""Profiles of the tiny NAT, counted by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cora.analysis.graph import StateGraph
from cora.ir.nodes import Program
from cora.ir.store import Store
from cora.traffic.assign import PortRules
from cora.traffic.capture import Capture, Frame
from cora.traffic.generate import generate
from cora.traffic.generate_spec import GenerateSpec
from cora.traffic.headers import FlowKey
from cora.traffic.profile import Profile
from cora.traffic.replay import replay
from cora.traffic.scale import at_rate
from cora.traffic.take_profile import ProfileOptions, take_profile
from cora.traffic.wire import frame

RULES = PortRules(1, 2)
ASK = FlowKey(4, 17, 0x0A000001, 0xC6336401, 4000, 53)
MS = 10**6


def profile(nat: Program, graph: StateGraph, frames: list[tuple[int, bytes]], options: ProfileOptions) -> Profile:
    capture = Capture("t", tuple(Frame(t, d, len(d)) for t, d in frames))
    return take_profile(graph, replay(capture, nat, Store(nat), RULES), Store(nat), options)


def small(nat: Program, graph: StateGraph, **options: int) -> Profile:
    """Two flows: the first asks, is answered, asks twice more; the second asks once; a stray frame."""
    other = ASK._replace(sport=4001)
    frames = [
        (0, frame(ASK)),
        (1 * MS, frame(ASK.reversed(), b"x" * 100)),
        (2 * MS, frame(ASK)),
        (3 * MS, frame(other)),
        (4 * MS, frame(ASK)),
        (10 * MS, b"\0" * 60),
    ]
    return profile(nat, graph, frames, ProfileOptions(tiers=(1, 4), **options))


def test_classes_and_totals(nat: Program, nat_graph: StateGraph) -> None:
    got = small(nat, nat_graph)
    assert [(c.name, c.path, c.verdict, c.packets, c.bytes, c.example) for c in got.classes] == [
        ("out miss, insert, back insert: forward", (0, 1, 2, 4, 3), "forward", 2, 84, 0),
        ("out hit: forward", (0, 1, 2, 3), "forward", 2, 84, 2),
        ("back hit: forward", (0, 1, 5, 6), "forward", 1, 142, 1),
        ("no state: other", (0, 1, 8), "other", 1, 60, 5),
    ]
    assert (got.packets, got.bytes, got.flows) == (6, 370, 3)
    assert got.duration_s == pytest.approx(0.01)
    assert got.rate_pps == pytest.approx(600)
    assert got.flow_arrivals_per_s == pytest.approx(300)
    assert got.size_histogram == ((64, 5), (256, 1))
    assert got.block_packets["send"] == 4
    assert got.block_packets["unknown"] == 0


def test_states(nat: Program, nat_graph: StateGraph) -> None:
    loads = {s.state: s for s in small(nat, nat_graph).states}
    out, back, port, seen = (loads[name] for name in ("out", "back", "next", "seen"))
    assert (out.entries_peak, out.inserts, out.accesses) == (2, 2, 8)  # 4 lookups, 2 touches, 2 inserts
    assert out.hottest_share == pytest.approx(6 / 8)
    assert (back.entries_peak, back.inserts, back.accesses) == (2, 2, 4)
    assert (port.entries_peak, port.inserts, port.accesses, port.hottest_share) == (1, 0, 2, 1.0)
    assert (seen.entries_peak, seen.accesses, seen.hottest_share) == (2, 6, pytest.approx(5 / 6))


def test_residency(nat: Program, nat_graph: StateGraph) -> None:
    """Each table has two entries at last; with room for one of each, the second flow finds none, but it never hits."""
    got = small(nat, nat_graph)
    assert [(t.entries, t.hits, t.promotions, t.peak) for t in got.tiers] == [(1, 4, 2, 1), (2, 4, 4, 2)]
    by_name = {c.name: c.resident_packets for c in got.classes}
    assert by_name["out miss, insert, back insert: forward"] == (0, 0)
    assert by_name["out hit: forward"] == (2, 2)
    assert by_name["back hit: forward"] == (1, 1)
    assert by_name["no state: other"] == (1, 1)
    # In hindsight too: the first packets of flows miss, and the stray frame needs no copy.
    assert got.hindsight_coverage == (pytest.approx(4 / 6), pytest.approx(4 / 6))


def test_a_copy_takes_a_while_to_come(nat: Program, nat_graph: StateGraph) -> None:
    """With 3.5 ms, what comes within that time of the miss goes to the host, and each time takes its entry along."""
    got = small(nat, nat_graph, activation_ns=3 * MS + MS // 2)
    by_name = {c.name: c.resident_packets[-1] for c in got.classes}
    # At 1 ms the answer, at 2 and 4 ms the asks: `out` was on its way each time.
    assert (by_name["back hit: forward"], by_name["out hit: forward"]) == (0, 0)
    assert got.activation_ns == 3_500_000


def test_expired_copies_make_room(nat: Program, nat_graph: StateGraph) -> None:
    second = ASK._replace(sport=4001)
    times = (0, 1, 2)
    frames = [(t * MS, frame(ASK)) for t in times] + [(12_000 * MS + t * MS, frame(second)) for t in times]
    got = profile(nat, nat_graph, frames, ProfileOptions(tiers=(1,)))
    assert [(t.entries, t.hits, t.promotions) for t in got.tiers] == [(1, 4, 4)]


def test_reclaiming_idle_copies(nat: Program, nat_graph: StateGraph) -> None:
    second = ASK._replace(sport=4001)
    frames = [(0, frame(ASK)), (500 * MS, frame(second))]
    frames += [(3000 * MS + t * 100 * MS, frame(second)) for t in range(30)]
    kept = profile(nat, nat_graph, frames, ProfileOptions(tiers=(1,), reclaim=False))
    freed = profile(nat, nat_graph, frames, ProfileOptions(tiers=(1,), reclaim=True))
    assert kept.tiers[0].hits == 0
    # The tick at 3 s finds the first flow's copy used, that at 4 s doesn't; the packet at 4 s brings the other's.
    assert freed.tiers[0].hits == 19


def test_generated_traffic(nat: Program, nat_graph: StateGraph) -> None:
    capture = generate(GenerateSpec(packets=3000, flows=20, ipv6=0.0, icmp_errors=0.0, unsolicited=0.01))
    got = take_profile(nat_graph, replay(capture, nat, Store(nat), RULES), Store(nat), ProfileOptions(tiers=(2, 8, 32)))
    assert sum(c.packets for c in got.classes) == got.packets == 3000
    assert sum(c.bytes for c in got.classes) == got.bytes
    assert sum(n for _, n in got.size_histogram) == 3000
    assert len({c.name for c in got.classes}) == len(got.classes)
    for c in got.classes:
        assert len(c.resident_packets) == len(got.tiers)
        assert list(c.resident_packets) == sorted(c.resident_packets)
        assert c.resident_packets[-1] <= c.packets
    assert list(got.hindsight_coverage) == sorted(got.hindsight_coverage)
    assert [t.entries for t in got.tiers] == sorted({t.entries for t in got.tiers})
    assert all(t.peak <= t.entries for t in got.tiers)
    assert all(t.hits / 3000 <= bound for t, bound in zip(got.tiers, got.hindsight_coverage, strict=True))
    assert got == take_profile(
        nat_graph, replay(capture, nat, Store(nat), RULES), Store(nat), ProfileOptions(tiers=(2, 8, 32))
    )


def test_scaling_by_flows(nat: Program, nat_graph: StateGraph) -> None:
    got = small(nat, nat_graph)
    scaled = at_rate(got, 6000.0)
    assert scaled.factor == pytest.approx(10)
    assert (scaled.flows, scaled.flow_arrivals_per_s) == (pytest.approx(30), pytest.approx(3000))
    assert scaled.bytes_per_s == pytest.approx(370 / 0.01 * 10)
    assert sum(c.rate_pps for c in scaled.classes) == pytest.approx(6000)
    assert [t.entries for t in scaled.tiers] == [pytest.approx(10), pytest.approx(20)]
    states = {s.state: s for s in scaled.states}
    assert states["out"].entries_peak == pytest.approx(20)
    assert states["next"].entries_peak == 1
    assert states["out"].inserts_per_s == pytest.approx(2 / 0.01 * 10)


def test_residency_between_tiers(nat: Program, nat_graph: StateGraph) -> None:
    got = small(nat, nat_graph)
    hits = next(c for c in got.classes if c.name == "out hit: forward")
    got = replace(got, classes=tuple(replace(c, resident_packets=(1, 2)) if c is hits else c for c in got.classes))
    scaled = at_rate(got, got.rate_pps)
    by_name = {c.name: c for c in scaled.classes}
    hit, stray = by_name["out hit: forward"], by_name["no state: other"]
    shares = [scaled.resident_pps(hit, copies) for copies in (0, 0.5, 1, 1.5, 2, 99)]
    assert shares == [pytest.approx(x) for x in (0, 50, 100, 150, 200, 200)]
    assert scaled.resident_pps(stray, 0) == pytest.approx(100)


def test_one_packet_has_a_rate(nat: Program, nat_graph: StateGraph) -> None:
    got = profile(nat, nat_graph, [(0, frame(ASK))], ProfileOptions())
    assert (got.rate_pps, got.duration_s, got.flows) == (1.0, 1.0, 1)


def test_hindsight_takes_the_busiest_flows_of_each_second(nat: Program, nat_graph: StateGraph) -> None:
    busy, calm = ASK, ASK._replace(sport=4001)
    first = [(0, frame(busy)), (1, frame(calm)), *[(MS * t, frame(busy)) for t in range(2, 7)], (9 * MS, frame(calm))]
    later = [(t + 1000 * MS, d) for t, d in first[2:]]
    got = profile(nat, nat_graph, first + later, ProfileOptions(tiers=(1,)))
    assert [t.entries for t in got.tiers] == [1, 2]
    assert got.hindsight_coverage == (pytest.approx(10 / 14), pytest.approx(12 / 14))
