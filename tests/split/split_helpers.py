"""Plans and traffic for split tests, and the differential run that all of them use."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from cora.analysis.graph import StateGraph
from cora.ir.interp import run
from cora.ir.nodes import Program
from cora.ir.packets import Packet
from cora.ir.store import Store
from cora.plan.plan import SCHEMA, Plan, Score, StagePlacement, StatePlacement
from cora.split.engines import Split
from cora.split.run import SplitRunner

NEAR, FAR = "nic", "host"
_SCORE = Score("test", True, 0.0, 0.0, 0.0, "", (), "")


def plan_for(
    graph: StateGraph,
    near_stages: Iterable[int],
    modes: dict[str, tuple[str, str]],
    copy_entries: int = 4,
    engines: tuple[str, ...] = (NEAR, FAR),
) -> Plan:
    """A plan that runs these stages near; `modes` gives (mode, owner) by group, host-exclusive if it isn't there."""
    near = frozenset(near_stages)
    stages = tuple(
        StagePlacement(s.index, s.name, NEAR if s.index in near else FAR, NEAR if s.index in near else FAR)
        for s in graph.stages
    )
    states = []
    for group in graph.groups:
        mode, owner = modes.get(group.name, ("exclusive", FAR))
        copies = (NEAR,) if mode != "exclusive" else ()
        names = tuple(f.name for f in group.states)
        states.append(StatePlacement(group.name, names, mode, owner, copies, copy_entries, "dram", "test"))
    return Plan(
        SCHEMA, graph.program.name, "test", "test", "min-cores", 1.0, 1, 0.0, engines, stages, tuple(states),
        (), _SCORE, (), 0.0, 0.0, (), (),
    )  # fmt: skip


def copy_plan(graph: StateGraph, copy_entries: int = 4, away: Iterable[int] = ()) -> Plan:
    """Copies of everything that may have them; on near all stages that copies can serve, but those in `away`."""
    program = graph.program
    kinds = {s.name: s.kind for s in program.states}
    replicable = {f.name for g in graph.groups if g.replicable for f in g.states}
    modes = {
        g.name: ("merged" if kinds[g.states[0].name] == "counter" else "replicated", FAR)
        for g in graph.groups
        if g.replicable
    }
    away = frozenset(away)
    near = {
        s.index
        for s in graph.stages
        if s.index not in away and all(a.on_copy and a.state in replicable for a in s.accesses)
    }
    held = frozenset(g.name for g in graph.groups if g.replicable) & graph.holdable
    return plan_for(graph, may_leave(graph, near, held), modes, copy_entries)


def may_leave(
    graph: StateGraph, near: set[int], held: frozenset[str], records: frozenset[str] = frozenset()
) -> set[int]:
    """Without the stages that a packet would have to leave and may not, where near holds these groups."""
    while True:
        leaving = [e for e in graph.edges if e.source in near and e.target not in near]
        wrong = {e.source for e in leaving if e.conflict(held, records)}
        wrong |= {i for i in near if any(w.taken(held) and w.why_not(held, records) for w in graph.stages[i].misses)}
        if not wrong:
            return near
        near = near - wrong  # no packet may leave there, so none may come


def shard_plan(graph: StateGraph, entries: int = 4, away: Iterable[int] = (), groups: Iterable[str] = ()) -> Plan:
    """Sharded are `groups`, or those that may be with the first partition key; the rest as in `copy_plan`."""
    sharded = frozenset(groups or (graph.partitions[0].groups if graph.partitions else ()))
    plan = copy_plan(graph, entries)
    modes = {p.group: (p.mode, p.owner) for p in plan.states} | dict.fromkeys(sharded, ("sharded", FAR))
    records = {f.name for g in graph.groups if g.name in sharded for f in g.states}
    replicable = {f.name for g in graph.groups if g.replicable for f in g.states} - records
    near = {
        s.index
        for s in graph.stages
        if s.index not in frozenset(away)
        and all(a.on_record if a.state in records else a.on_copy and a.state in replicable for a in s.accesses)
    }
    held = (sharded | {g.name for g in graph.groups if g.replicable}) & graph.holdable
    return plan_for(graph, may_leave(graph, near, held, sharded), modes, entries)


@dataclass
class Difference:
    packet: int
    what: str


Event = Packet | tuple[str, object]
"""A packet, or ("sweep", now_ns), or ("evict", seed): the control plane takes a random copy back."""


def compare(
    program: Program, split: Split, events: Iterable[Event], *, compiled: bool = False
) -> tuple[Difference | None, SplitRunner]:
    """Runs the whole and the split side by side; the first difference in an answer or in the state, or None."""
    store = Store(program)
    runner = SplitRunner(split, compiled=compiled)
    for number, event in enumerate(events):
        if isinstance(event, Packet):
            expected = run(program, store, event)
            found = runner.run(event)
            if expected != found:
                return Difference(number, f"{expected} became {found}"), runner
        elif event[0] == "sweep":
            store.sweep(event[1])
            runner.sweep(event[1])
        else:
            _evict(runner, random.Random(event[1]))
        if store.snapshot() != runner.snapshot():
            return Difference(number, f"{store.snapshot()} became {runner.snapshot()}"), runner
    broken = runner.broken_copies()
    return (Difference(-1, broken[0]) if broken else None), runner


def _evict(runner: SplitRunner, rng: random.Random) -> None:
    tables = runner.stores[runner.wire.engine].flow_tables
    held = [(name, key) for name, table in tables.items() for key in table.entries]
    if held:
        runner.evict(*rng.choice(sorted(held)))


def frame(src: int, dst: int, sport: int, dport: int, proto: int, flags: int = 0, ttl: int = 9) -> bytes:
    """A packet of the mini network functions."""
    header = src.to_bytes(4, "big") + dst.to_bytes(4, "big") + sport.to_bytes(2, "big") + dport.to_bytes(2, "big")
    return header + bytes((proto, flags, ttl, 0)) + b"payload"


def mini_traffic(seed: int, count: int, make: Callable[[random.Random, int], bytes]) -> list[Event]:
    """Packets of few flows on two ports: bursts, and pauses beyond every timeout, with sweeps and evictions."""
    rng = random.Random(seed)
    now = 1000
    events: list[Event] = []
    for _ in range(count):
        now += rng.choice((10, 30, 60, 120)) if rng.random() < 0.15 else rng.randrange(3)
        if rng.random() < 0.02:
            events.append(("sweep", now))
        if rng.random() < 0.03:
            events.append(("evict", rng.randrange(1 << 30)))
        port = rng.choice((0, 0, 1))
        events.append(Packet(make(rng, port), port, now, rng.randrange(1 << 32)))
    return events


def nat_frame(rng: random.Random, port: int) -> bytes:
    """Few hosts behind the translation; whatever comes from outside goes to some slot."""
    if rng.random() < 0.03:
        return b"far too short."
    proto = rng.choice((6, 6, 6, 17, 1, 129))
    return frame(rng.randrange(1, 4), 99, rng.randrange(2), rng.randrange(9), proto, ttl=rng.choice((9, 200)))


def firewall_frame(rng: random.Random, port: int) -> bytes:
    """Hosts 1 and 2 talk to 3; answers go the other way, so both directions meet on one entry."""
    flags = rng.choice((0,) * 12 + (0x40, 0x80, 0xC0, 0x01))
    a, ap, bp = rng.choice((1, 2)), rng.choice((5, 300)), rng.choice((0, 0, 0, 2, 1))
    return frame(a, 3, ap, bp, 6, flags) if port == 0 else frame(3, a, bp, ap, 6, flags)


def trap_frame(rng: random.Random, port: int) -> bytes:
    """Rarely one that springs the trap, so that some senders stay unblocked for a while."""
    flags = rng.choice((0,) * 9 + (2, 2, 3, 4, 5))
    return frame(rng.randrange(16), 1, rng.randrange(2), rng.randrange(2), rng.randrange(2), flags)
