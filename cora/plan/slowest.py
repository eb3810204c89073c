"""The path through a program that takes an engine longest, and a traffic in which every packet takes it.

The best-first search goes along blocks by what they cost so far and may cost at most from there on. What a path has
fixed on its way (validity of headers, constants, what its branches have shown) rules out arms that no packet takes; the
rest is taken for possible. So the path found costs at least what the costliest real one does.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from cora.analysis.graph import StateGraph
from cora.analysis.known import Known, folded, follow, learn_arm
from cora.ir.cfg import block_map, header_names, successors, topological_order
from cora.ir.clock import reads_clock
from cora.ir.nodes import INPUTS, Access, Block, Drop, Forward
from cora.model.costs import OpCounts, access_cost, access_cycles, count_ops, op_cycles
from cora.model.schema import Engine, Model
from cora.model.uses import uses
from cora.traffic.profile import Profile, StateLoad, TrafficClass

SEARCHED = 20_000
"""Steps of a search; beyond them the longest way without regard to what is possible is taken."""
PACKETS = 1_000_000
"""In the traffic of a path: a second of it."""
Metric = Literal["cycles", "reads", "writes", "atomics"]
METRICS: tuple[Metric, ...] = ("cycles", "reads", "writes", "atomics")
"""What may limit packets that all take one path: for each the path that needs most of it is worth a look."""


@dataclass(frozen=True, slots=True)
class Way:
    """A path through the blocks of a staged program."""

    blocks: tuple[str, ...]
    stages: tuple[int, ...]
    verdict: str
    """`forward`, or the reason of the drop."""


class Paths:
    """The longest paths of a program on an engine, for packets of one size."""

    def __init__(self, graph: StateGraph, model: Model, engine: Engine, frame_bytes: float) -> None:
        self.graph, self.engine, self.frame_bytes = graph, engine, frame_bytes
        self.memory = model.memory(engine.state_memory) if engine.state_memory else model.memories_of(engine.name)[0]
        self.blocks: Mapping[str, Block] = block_map(graph.program.blocks)
        self.headers = header_names(graph.program)
        self.stage_of = {block: stage.index for stage in graph.stages for block in stage.blocks}
        known = uses(graph.program)
        self.counts = {b.name: count_ops(graph.program, b, known) for b in graph.program.blocks}
        self.counts[graph.program.blocks[0].name].clock_reads = int(reads_clock(graph.program))
        self.rows = {s.name: float(max(1, len(s.entries), s.capacity)) for s in graph.program.states}

    @cached_property
    def ways(self) -> tuple[Way, ...]:
        """The longest path by each metric, each once, the one with most cycles first."""
        return tuple(dict.fromkeys(self.longest(metric) for metric in METRICS))

    def longest(self, metric: Metric) -> Way:
        """The path that asks for most of a metric; among equal ones, the one with most cycles."""
        most = {name: self._cost(metric, counts) for name, counts in self.counts.items()}
        first = self.graph.program.blocks[0].name
        order = topological_order(self.graph.program.blocks, (first,))
        ahead: dict[str, float] = {}
        for name in reversed(order):
            ahead[name] = most[name] + max((ahead[n] for n in successors(self.blocks[name].end)), default=0.0)
        return self._search(first, most, ahead) or self._unchecked(first, ahead)

    def _cost(self, metric: Metric, counts: OpCounts) -> float:
        cycles = op_cycles(counts, self.engine, self.frame_bytes)
        asked = 0.0
        for access in counts.accesses:
            cost = access_cost(self.engine, access.shape)
            if cost is None:
                continue
            rows = self.rows[access.state]
            cycles += access_cycles(self.engine, self.memory, access, cost, rows, rows)
            match metric:
                case "reads":
                    asked += cost.reads
                case "writes":
                    asked += cost.writes
                case "atomics":
                    asked += cost.atomics
                case "cycles":
                    pass
        return cycles + 1e9 * asked

    def _search(self, first: str, most: Mapping[str, float], ahead: Mapping[str, float]) -> Way | None:
        start: Known = {v.name: None for v in INPUTS}
        queue: list[tuple[float, int, float, tuple[str, ...], Known]] = [(-ahead[first], 0, 0.0, (first,), start)]
        for step in range(1, SEARCHED):
            _, _, spent, path, before = heapq.heappop(queue)
            block, known = self.blocks[path[-1]], dict(before)
            for op in block.ops:
                follow(op, known, self.headers)
            if isinstance(block.end, Forward | Drop):
                return self._way(path)
            spent += most[block.name]
            for at, target in enumerate(dict.fromkeys(successors(folded(block.end, known)))):
                learned = dict(known)
                learn_arm(learned, block.end, target)
                entry = (-(spent + ahead[target]), step * 1000 + at, spent, (*path, target), learned)
                heapq.heappush(queue, entry)
            if not queue:
                return None
        return None

    def _unchecked(self, first: str, ahead: Mapping[str, float]) -> Way:
        path = [first]
        while following := successors(self.blocks[path[-1]].end):
            path.append(max(following, key=lambda name: ahead[name]))
        return self._way(tuple(path))

    def _way(self, blocks: tuple[str, ...]) -> Way:
        stages: list[int] = []
        for block in blocks:
            if not stages or stages[-1] != self.stage_of[block]:
                stages.append(self.stage_of[block])
        end = self.blocks[blocks[-1]].end
        return Way(blocks, tuple(stages), end.reason if isinstance(end, Drop) else "forward")

    def traffic(self, way: Way, flows: float | None = None) -> Profile:
        """Packets that all take a path, and meet the same places of every state. Flow tables hold `flows` entries, or
        all that they have room for."""
        accessed = [a.state for block in way.blocks for a in self.counts[block].accesses]
        share = self._hottest_shares(way)
        entries = {s.name: self._entries(s.name, s.kind, flows) for s in self.graph.program.states}
        states = (
            StateLoad(name, held, 0, PACKETS * accessed.count(name), share.get(name, 1.0))
            for name, held in entries.items()
        )
        size = round(self.frame_bytes)
        only = TrafficClass("slowest path", way.stages, way.verdict, PACKETS, PACKETS * size, (), 0)
        visits = {b.name: PACKETS * way.blocks.count(b.name) for b in self.graph.program.blocks}
        count = round(flows or max(entries.values(), default=1))
        return Profile(
            "no trace: every packet takes the slowest path", PACKETS, PACKETS * size, count, 1.0, float(PACKETS), 0.0,
            (only,), (), tuple(states), visits, ((size, PACKETS),), 0, (), "time",
        )  # fmt: skip

    def _hottest_shares(self, way: Way) -> dict[str, float]:
        """By state that a path changes, the share of its accesses that name one cell: those under other keys meet other
        cells. What a path only reads may be in one place whatever the keys are: a word next to it is as good."""
        ops = [op for block in way.blocks for op in self.blocks[block].ops if isinstance(op, Access)]
        found: dict[str, float] = {}
        for state in {op.state for op in ops if op.kind not in ("lookup", "read")}:
            keys = Counter(op.key for op in ops if op.state == state)
            found[state] = max(keys.values()) / keys.total()
        return found

    def _entries(self, state: str, kind: str, flows: float | None) -> int:
        return round(flows) if kind == "flow_table" and flows is not None else round(self.rows[state])


def slowest_traffic(
    graph: StateGraph,
    model: Model,
    engine: Engine,
    frame_bytes: float,
    reached_pps: Callable[[Profile], float],
    flows: float | None = None,
) -> tuple[Profile, Way]:
    """Of the longest paths the one with which fewest packets/s are reached, and its traffic."""
    paths = Paths(graph, model, engine, frame_bytes)
    made = [(paths.traffic(way, flows), way) for way in paths.ways]
    return made[0] if len(made) == 1 else min(made, key=lambda each: reached_pps(each[0]))
