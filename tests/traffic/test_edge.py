"""The edge packets reach what verification must reach, and are the same every time."""

from __future__ import annotations

import itertools
from collections import Counter

from cora.ir.compiled import compile_program
from cora.ir.interp import Packet, Result, Sent, Trace
from cora.ir.nodes import Program
from cora.ir.store import Store
from cora.ir.text import parse_program
from cora.traffic.assign import PortRules
from cora.traffic.edge import EdgePackets, named_in_entries
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


def test_addresses_and_ports_of_entries_are_used() -> None:
    program = parse_program(RULES_ONLY)
    store = Store(program)
    addresses, ports = named_in_entries(store)
    assert addresses == {4: [0x0A000050, 0xCB007109], 6: [0x20010DB8 << 96]}
    assert ports == [8443]
    edge = EdgePackets(program, RULES, store=store, count=2000)
    keys = [key for packet in edge if (key := parse_headers(packet.data).key)]
    assert sum(key.dst in (0x0A000050, 0xCB007109) for key in keys) > 20
    assert sum(key.dport == 8443 for key in keys) > 20


RULES_ONLY = """
program rules for test
table allowed [dst:32 lpm, dport:16] -> (action:8, a.to:32) capacity 8 actions (a)
  row (0x0a000050 / 32, 8443) -> (0, 0xcb007109)
table allowed6 [dst:128 ternary] -> (action:8) capacity 8 actions (a)
  row (0x20010db8000000000000000000000000 &&& 0xffffffff000000000000000000000000) -> (0)
  row (0x0a000050 &&& 0xffffffff) -> (0)
body main
block main
  drop all
"""
