"""What costs and rules ask of a program's graph, whatever its traffic and its machine: found once for each graph.

Planning looks at a graph under a hundred scenarios (tiers, rates, machines at the ends of their ranges). What depends
on the graph alone, such as the operations of its blocks and the ways of packets through its stages, is shared by all.
"""

from __future__ import annotations

from collections import deque
from functools import cached_property

from cora.analysis.graph import AccessSite, StateFacts, StateGraph
from cora.ir.clock import reads_clock
from cora.ir.nodes import Foreign, Forward, Program
from cora.model.costs import AccessCount, OpCounts, count_ops
from cora.model.routes import Routes, find_routes
from cora.model.uses import uses

REMEMBERED = 8
"""Graphs whose structure is kept: a plan looks at two, that of the program and the one that starts over."""


class Structure:
    """Each part is found when it is first asked for."""

    def __init__(self, graph: StateGraph, counts: dict[str, OpCounts] | None = None) -> None:
        self.graph = graph
        self._known_counts = counts
        self.group_index: dict[str, int] = {f.name: i for i, group in enumerate(graph.groups) for f in group.states}
        self.facts: dict[str, StateFacts] = {f.name: f for group in graph.groups for f in group.states}
        self.kinds: dict[str, str] = {state.name: state.kind for state in graph.program.states}
        self.rows: dict[str, int] = {state.name: len(state.entries) for state in graph.program.states}
        self.named_groups: dict[str, int] = {group.name: i for i, group in enumerate(graph.groups)}
        self._again: dict[tuple[int, int], tuple[int, ...]] = {}
        self._accesses: dict[tuple[int, int], tuple[tuple[str, AccessCount], ...]] = {}

    @cached_property
    def lookups(self) -> frozenset[int]:
        """Stages that look up a flow table."""
        return frozenset(
            site.stage
            for stage in self.graph.stages
            for site in stage.accesses
            if site.kind == "lookup" and self.kinds[site.state] == "flow_table"
        )

    @cached_property
    def routes(self) -> Routes:
        return find_routes(self.graph, self.lookups)

    def rerun(self, restart: int, source: int) -> tuple[int, ...]:
        """As `Routes.rerun`."""
        found = self._again.get((restart, source))
        if found is None:
            found = self._again[restart, source] = self.routes.rerun(restart, source)
        return found

    @cached_property
    def changing_ahead(self) -> tuple[frozenset[int], ...]:
        """By stage: the groups that packets change and that may be accessed from there on."""
        changing = frozenset(i for i, group in enumerate(self.graph.groups) if group.held_states)
        here = [changing & frozenset(sites) for sites in self.sites]
        stages = range(len(here))
        return tuple(frozenset[int]().union(*(here[s] for s in self.routes.ahead(stage))) for stage in stages)

    @cached_property
    def sites(self) -> tuple[dict[int, tuple[AccessSite, ...]], ...]:
        """By stage and group: the accesses, for the groups that the stage touches."""
        found: list[dict[int, tuple[AccessSite, ...]]] = []
        for stage in self.graph.stages:
            groups = sorted({self.group_index[site.state] for site in stage.accesses})
            found.append({g: tuple(s for s in stage.accesses if self.group_index[s.state] == g) for g in groups})
        return tuple(found)

    @cached_property
    def counts(self) -> dict[str, OpCounts]:
        """The operations of each block."""
        return _counts(self.graph.program) if self._known_counts is None else self._known_counts

    @cached_property
    def instructions(self) -> tuple[float, ...]:
        """Of generated code, by stage."""
        counts = self.counts
        return tuple(sum(counts[block].instructions for block in stage.blocks) for stage in self.graph.stages)

    def accesses(self, stage: int, group: int) -> tuple[tuple[str, AccessCount], ...]:
        """The accesses of a stage to the states of a group, with their blocks."""
        found = self._accesses.get((stage, group))
        if found is None:
            found = self._accesses[stage, group] = tuple(
                (block, access)
                for block in self.graph.stages[stage].blocks
                for access in self.counts[block].accesses
                if self.group_index[access.state] == group
            )
        return found

    @cached_property
    def calls(self) -> tuple[str, ...]:
        """By stage: an extern that it calls and Cora doesn't know; "" for none."""
        called = {b.name: op.function for b in self.graph.program.blocks for op in b.ops if isinstance(op, Foreign)}
        return tuple(next((called[b] for b in stage.blocks if b in called), "") for stage in self.graph.stages)

    @cached_property
    def forwards(self) -> tuple[bool, ...]:
        """By stage: it sends packets out."""
        ends = {block.name: isinstance(block.end, Forward) for block in self.graph.program.blocks}
        return tuple(any(ends[block] for block in stage.blocks) for stage in self.graph.stages)


_recent: deque[Structure] = deque(maxlen=REMEMBERED)


def structure_of(graph: StateGraph) -> Structure:
    """The structure of a graph. Graphs are told apart by identity, for comparing two takes as long as looking at one;
    of two graphs with one program the operations of its blocks are counted once."""
    counts: dict[str, OpCounts] | None = None
    for known in _recent:
        if known.graph is graph:
            return known
        if known.graph.program is graph.program:
            counts = known.counts
    found = Structure(graph, counts)
    _recent.append(found)
    return found


def _counts(program: Program) -> dict[str, OpCounts]:
    known = uses(program)
    counts = {block.name: count_ops(program, block, known) for block in program.blocks}
    counts[program.blocks[0].name].clock_reads = int(reads_clock(program))
    return counts
