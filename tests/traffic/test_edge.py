"""The edge packets reach what verification must reach, and are the same every time."""

from __future__ import annotations

import itertools
from collections import Counter

from cora.ir.compiled import compile_program
from cora.ir.interp import Packet, Result, Sent, Trace
from cora.ir.nodes import Program
from cora.ir.store import Store
from cora.traffic.assign import PortRules
from cora.traffic.edge import EdgePackets
from cora.traffic.headers import parse_headers
from cora.traffic.mutate import boundaries
from cora.traffic.wire import frame

RULES = PortRules(1, 2)


def play(program: Program, count: int, seed: int = 1) -> tuple[list[Packet], list[Result], Counter[tuple[str, ...]]]:
    run = compile_program(program, trace=True)
    edge = EdgePackets(program, RULES, count=count, seed=seed)
    store, trace = Store(program), Trace()
    packets: list[Packet] = []
    results: list[Result] = []
    seen: Counter[tuple[str, ...]] = Counter()
    stored: set[tuple[str, tuple[int, ...]]] = set()
    for index, packet in enumerate(edge):
        if index % 200 == 0:
            store.sweep(packet.time_ns)
        trace.clear()
        result = run(store, packet, trace=trace)
        edge.saw(result)
        packets.append(packet)
        results.append(result)
        for state, kind, key, hit in trace.accesses:
            expired = kind == "lookup" and not hit and (state, key) in stored
            seen[state, kind, "expired" if expired else "hit" if hit else "miss"] += 1
            if kind == "insert" and hit:
                stored.add((state, key))
    return packets, results, seen


def test_the_same_seed_gives_the_same_packets(nat: Program) -> None:
    assert play(nat, 500)[0] == play(nat, 500)[0]
    assert play(nat, 500)[0] != play(nat, 500, seed=2)[0]


def test_every_edge_of_a_nat_is_reached(nat: Program) -> None:
    packets, results, seen = play(nat, 6000)
    assert len(packets) == 6000
    for state in ("out", "back"):
        for access, outcome in (("lookup", "hit"), ("lookup", "miss"), ("lookup", "expired"), ("insert", "hit")):
            assert seen[state, access, outcome] >= 5, (state, access, outcome)
    assert seen["out", "insert", "miss"] >= 5  # the table was full
    assert sum(isinstance(r, Sent) and r.port == 1 for r in results) > 100


def test_frames_are_what_a_kernel_takes(nat: Program) -> None:
    packets, _, _ = play(nat, 3000)
    assert all(14 <= len(p.data) <= 1514 for p in packets)
    assert all(a.time_ns <= b.time_ns for a, b in itertools.pairwise(packets))
    assert len({p.seed for p in packets}) == len(packets)


def test_all_kinds_of_frames_are_among_them(nat: Program) -> None:
    headers = [parse_headers(p.data) for p in play(nat, 4000)[0]]
    kinds = Counter(h.key.protocol if h.key else -1 for h in headers)
    assert min(kinds[p] for p in (6, 17, 1, 58, 47, -1)) > 2
    assert sum(h.inner is not None for h in headers) > 100
    assert sum(h.is_later_fragment for h in headers) > 20
    assert sum(h.fragment is not None and not h.is_later_fragment for h in headers) > 20
    assert sum(h.l3 > 14 for h in headers) > 20


def test_a_frame_is_cut_at_its_headers() -> None:
    key = parse_headers(frame_of_udp()).key
    assert key is not None
    assert boundaries(frame(key)) == [14, 34, 36, 38, 42]


def frame_of_udp() -> bytes:
    return bytes(12) + bytes.fromhex("0800 4500001c 00000000 40110000 0a000001 0a000002 0007 0008 00080000")
