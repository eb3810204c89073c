"""State graphs and profiles made by hand: a NAT in nine stages, and random small ones."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace

from cora.analysis.graph import AccessSite, FieldFacts, Stage, StageEdge, StateFacts, StateGraph, StateGroup
from cora.analysis.ways import Holding, Ways, find_ways
from cora.ir.cfg import with_blocks
from cora.ir.nodes import (
    Access,
    Assign,
    Bin,
    Block,
    Const,
    Drop,
    Extract,
    Field,
    Forward,
    Goto,
    Header,
    KeyField,
    Program,
    State,
    Switch,
    Var,
)
from cora.traffic.profile import Profile, ResidencyTier, StateLoad, TrafficClass

KEY = (KeyField("src", 32), KeyField("dst", 32))
X = Var("x", 32)
Site = tuple[str, str, bool]
"""(state, access kind, may run on a copy)"""


def _operation(state: State, kind: str) -> Access:
    key = tuple(Var(k.name, k.width) for k in state.key)
    values = tuple(Var(v.name, v.width) for v in state.values)
    match kind:
        case "lookup":
            return Access(state.name, "lookup", key, (), (Var("hit", 1), *values))
        case "insert":
            return Access(state.name, "insert", key, values, (Var("status", 8),))
        case "read":
            return Access(state.name, "read", key, (), values)
        case "write":
            return Access(state.name, "write", key, values)
        case "rmw":
            return Access(state.name, "rmw", key, values, values)
        case "touch" | "count" | "delete":
            return Access(state.name, kind, key)
        case _:
            raise ValueError(kind)


def flow_table(name: str, capacity: int = 4096) -> State:
    return State(name, "flow_table", KEY, (Field("port", 16),), capacity, idle_timeouts_ns=(10**9,))


def register(name: str, capacity: int = 4096) -> State:
    return State(name, "register", (KeyField("index", 32),), (Field("value", 32),), capacity)


def counter(name: str, capacity: int = 16) -> State:
    return State(name, "counter", (KeyField("index", 32),), (), capacity)


def table(name: str) -> State:
    return State(name, "table", KEY, (Field("action", 8),), 1024)


FORMS = {"flow_table": "partial", "register": "full", "table": "full", "counter": "merged"}


def make_graph(
    stages: list[tuple[str, int, list[Site]]],
    edges: list[tuple[int, int]],
    states: list[State],
    replicable: set[str],
    conflicts: Mapping[tuple[int, int], str] | None = None,
) -> StateGraph:
    """stages: (name, ALU operations, accesses); edges: (source, target), and those that nothing may cross; a group for
    each state. Everybody may write a register that a copy may write."""
    by_name = {state.name: state for state in states}
    ends = {source for source, _ in edges}
    blocks: list[Block] = []
    made: list[Stage] = []
    for index, (name, work, sites) in enumerate(stages):
        work_ops = tuple(Assign(X, Bin("add", X, Const(1, 32))) for _ in range(work))
        ops = (*((Extract("ip"),) if index == 0 else ()), *work_ops, *(_operation(by_name[s], k) for s, k, _ in sites))
        end = Goto("next") if index in ends else (Drop(name) if name.startswith("drop") else Forward(Const(1, 16)))
        blocks.append(Block(name, ops, end))
        accesses = tuple(AccessSite(index, name, s, k, "header", copy, None) for s, k, copy in sites)  # type: ignore[arg-type]
        made.append(Stage(index, name, (name,), accesses, None, live_bits=32))
    groups = tuple(
        StateGroup(
            state.name,
            (_facts(state),),
            ((state.name, FORMS[state.kind]),) if state.name in replicable else (),  # type: ignore[arg-type]
            (),
        )
        for state in states
    )
    header = Header("ip", (Field("a", 160),))
    body = stages[min(1, len(stages) - 1)][0]
    program = Program("hand", "pna", (header,), tuple(states), tuple(blocks), body)
    ways = _ways(program, edges, made, groups)
    return StateGraph(
        program,
        tuple(replace(stage, misses=ways.misses.get(stage.index, ())) for stage in made),
        tuple(
            StageEdge(*pair, tuple(replace(way, conflict=(conflicts or {}).get(pair, way.conflict)) for way in found))
            for pair, found in sorted(ways.edges.items())
        ),
        groups,
    )


def _facts(state: State) -> StateFacts:
    fields = (FieldFacts("value", "general", ()),)
    return StateFacts(state.name, "general", "header", fields, 16, state.capacity, state.kind == "table")


def _ways(program: Program, edges: list[tuple[int, int]], stages: list[Stage], groups: tuple[StateGroup, ...]) -> Ways:
    """Of the program in which each stage branches to what follows it, by a value that nothing tells."""
    names = [stage.name for stage in stages]
    blocks: list[Block] = []
    for index, block in enumerate(program.blocks):
        targets = [names[target] for source, target in edges if source == index]
        cases = tuple(enumerate(targets[1:]))
        blocks.append(replace(block, end=Switch(X, cases, targets[0]) if targets else block.end))
    written = {s.state for stage in stages for s in stage.accesses if s.kind == "write" and s.on_copy}
    harmless = frozenset(s.name for s in program.states if s.kind in ("table", "counter"))
    group_of = {state: g.name for g in groups if g.replicable for state in g.held_states}
    holding = Holding(group_of, frozenset(written), harmless)
    order = {name: i for i, name in enumerate(names)}
    return find_ways(with_blocks(program, blocks), order, names, holding)


def make_profile(
    classes: list[tuple[str, tuple[int, ...], str, int, tuple[int, ...]]],
    tier_entries: tuple[int, ...],
    loads: list[StateLoad],
    names: list[str],
    promotions: int = 200,
) -> Profile:
    """classes: (name, path, verdict, packets, resident packets by tier); 400 bytes a packet, one second."""
    packets = sum(c[3] for c in classes)
    blocks = dict.fromkeys(names, 0)
    for _, path, _, count, _ in classes:
        for stage in path:
            blocks[names[stage]] += count
    hits = [sum(c[4][i] for c in classes) for i in range(len(tier_entries))]
    tiers = tuple(ResidencyTier(n, hit, promotions, n) for n, hit in zip(tier_entries, hits, strict=True))
    made = tuple(TrafficClass(n, path, v, count, 400 * count, res, 0) for n, path, v, count, res in classes)
    return Profile(
        "hand.pcap", packets, 400 * packets, 1000, 1.0, float(packets), 100.0, made, tiers, tuple(loads), blocks,
        ((512, packets),), 10**6, tuple(1.0 for _ in tier_entries),
    )  # fmt: skip


def nat_graph() -> StateGraph:
    stages: list[tuple[str, int, list[Site]]] = [
        ("parse", 4, []),
        ("classify", 6, [("routes", "lookup", True)]),
        ("lookup_out", 4, [("outbound", "lookup", True)]),
        ("out_hit", 30, [("outbound", "touch", True), ("stats", "count", True)]),
        ("out_miss", 60, [("slots", "read", True), ("slots", "write", False), ("outbound", "insert", False)]),
        ("lookup_in", 6, [("slots", "read", True)]),
        ("in_hit", 30, [("stats", "count", True)]),
        ("drop_in", 2, []),
        ("pass", 2, []),
    ]
    edges = [(0, 1), (1, 2), (1, 5), (1, 8), (2, 3), (2, 4), (5, 6), (5, 7)]
    states = [table("routes"), flow_table("outbound"), register("slots", 65536), counter("stats")]
    return make_graph(stages, edges, states, {"routes", "outbound", "slots", "stats"})


def nat_profile() -> Profile:
    graph = nat_graph()
    classes = [
        ("out hit", (0, 1, 2, 3), "forward", 55_000, (20_000, 45_000, 52_000)),
        ("out new", (0, 1, 2, 4), "forward", 2_000, (0, 0, 0)),
        ("in hit", (0, 1, 5, 6), "forward", 40_000, (40_000, 40_000, 40_000)),
        ("in stray", (0, 1, 5, 7), "stray", 1_000, (1_000, 1_000, 1_000)),
        ("pass", (0, 1, 8), "forward", 2_000, (2_000, 2_000, 2_000)),
    ]
    loads = [
        StateLoad("routes", 8, 0, 100_000, 0.5),
        StateLoad("outbound", 2000, 2000, 114_000, 0.05),
        StateLoad("slots", 2000, 0, 45_000, 0.05),
        StateLoad("stats", 4, 0, 95_000, 0.6),
    ]
    return make_profile(classes, (64, 512, 4096), loads, [s.name for s in graph.stages])


def random_case(seed: int) -> tuple[StateGraph, Profile]:
    """A DAG of four or five stages and two groups, with random accesses, conflicts and traffic."""
    rng = random.Random(seed)
    count = rng.choice((4, 5))
    makers = [flow_table, register, register, counter, table]
    states = [flow_table("flows", rng.choice((64, 4096))), rng.choice(makers)("other")]
    replicable = {s.name for s in states if rng.random() < 0.95}
    kinds = {
        "flow_table": [("lookup", True), ("lookup", True), ("insert", False), ("touch", True)],
        "register": [("read", True), ("read", True), ("write", False), ("write", True), ("rmw", False)],
        "counter": [("count", True)],
        "table": [("lookup", True)],
    }
    stages: list[tuple[str, int, list[Site]]] = [("parse", 3, [])]
    for index in range(1, count):
        state = rng.choice(states)
        kind, copy = rng.choice(kinds[state.kind])
        if index == 1 and rng.random() < 0.7:
            state, kind, copy = states[0], "lookup", True
        sites = [(state.name, kind, copy and state.name in replicable)] if rng.random() < 0.8 else []
        stages.append((f"s{index}", rng.randrange(20, 200), sites))
    edges: list[tuple[int, int]] = []
    conflicts: dict[tuple[int, int], str] = {}
    for index in range(count - 1):
        targets = {index + 1} | {t for t in range(index + 2, count) if rng.random() < 0.35}
        for target in sorted(targets):
            edges.append((index, target))
            if rng.random() < 0.05:
                conflicts[index, target] = "counted twice"
    graph = make_graph(stages, edges, states, replicable, conflicts)
    return graph, _random_profile(rng, graph, count)


def _random_profile(rng: random.Random, graph: StateGraph, count: int) -> Profile:
    successors = {i: [e.target for e in graph.edges if e.source == i] for i in range(count)}
    paths: set[tuple[int, ...]] = set()
    for _ in range(6):
        path = [0]
        while successors[path[-1]] and (len(path) < 2 or rng.random() < 0.85):
            path.append(rng.choice(successors[path[-1]]))
        paths.add(tuple(path))
    classes = []
    for index, path in enumerate(sorted(paths)):
        packets = rng.randrange(100, 50_000)
        small = rng.randrange(0, packets + 1)
        classes.append((f"c{index}", path, rng.choice(("forward", "forward", "denied")), packets, (small, packets)))
    loads = [StateLoad("flows", 3000, 500, 10_000, 0.01), StateLoad("other", 50, 0, 10_000, 0.01)]
    return make_profile(classes, (64, 4096), loads, [s.name for s in graph.stages])
