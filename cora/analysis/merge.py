"""Fewer stages for large programs: what is cut more finely than planning can use is put together again.

A stage is merged into the one that all its packets come from, so what comes out is still a single-entry region, and the
graph has no cycles. Each merge gives up a place where a plan might have changed engine, never safety: whether a packet
may change engine where it still can is found out afterwards, from the accesses. So the cuts that matter least go first.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from cora.analysis.specialise import Note
from cora.analysis.stages import Region
from cora.ir.cfg import block_map, predecessors
from cora.ir.nodes import Access, Digest, Op, Program


class Cut(IntEnum):
    """Why a stage begins where it does, from the cut that matters least on."""

    STATELESS = 0
    """For tables that only the control plane writes, or for nothing but that ways meet."""
    STATE = 1
    """For a state that packets change."""
    OUTCOME = 2
    """For a lookup of a flow table, for what follows its hit or miss, or for an access that only an owner may run."""


@dataclass(slots=True)
class _Node:
    region: Region
    before: set[int]
    after: set[int]
    cut: Cut
    reads: bool
    """It reads what packets change."""
    counts: bool


def merged(
    program: Program,
    found: Sequence[Region],
    notes: Mapping[str, Note],
    constant: frozenset[str],
    limit: int,
    worst: Cut,
) -> list[Region]:
    """The stages, put together until there are at most `limit` of them, or until what is left are cuts that matter more
    than `worst`. `constant`: the states that no packet changes."""
    if len(found) <= limit:
        return list(found)
    nodes = _nodes(program, found, notes, constant)
    for cut in Cut:
        if cut <= worst:
            _merge(nodes, limit, cut)
    order = {block.name: i for i, block in enumerate(program.blocks)}
    regions: list[Region] = []
    for node in sorted(nodes.values(), key=lambda node: order[node.region.blocks[0]]):
        blocks = sorted(node.region.blocks, key=order.__getitem__)
        regions.append(Region(len(regions), blocks, node.region.met, node.region.reads))
    return regions


def _nodes(
    program: Program, found: Sequence[Region], notes: Mapping[str, Note], constant: frozenset[str]
) -> dict[int, _Node]:
    blocks = block_map(program.blocks)
    sources = predecessors(program.blocks)
    region_of = {name: region.index for region in found for name in region.blocks}
    before = {r.index: {region_of[s] for s in sources[r.blocks[0]]} - {r.index} for r in found}
    after: dict[int, set[int]] = {r.index: set() for r in found}
    for index, regions in before.items():
        for source in regions:
            after[source].add(index)
    nodes: dict[int, _Node] = {}
    for region in found:
        ops = [op for name in region.blocks for op in blocks[name].ops]
        accesses = [op for op in ops if isinstance(op, Access) and op.state not in constant]
        counts = any(isinstance(op, Digest) or (isinstance(op, Access) and op.kind == "count") for op in ops)
        reads = any(op.kind in ("lookup", "read", "rmw", "meter") for op in accesses)
        cut = _cut(program, notes[region.blocks[0]], accesses)
        copy = Region(region.index, list(region.blocks), set(region.met), region.reads)
        nodes[region.index] = _Node(copy, before[region.index], after[region.index], cut, reads, counts)
    return nodes


def _cut(program: Program, note: Note, accesses: Sequence[Op]) -> Cut:
    changing = [op for op in accesses if isinstance(op, Access) and op.kind != "count"]
    if note.divergent or note.binds or any(program.state(op.state).kind == "flow_table" for op in changing):
        return Cut.OUTCOME
    return Cut.STATE if changing else Cut.STATELESS


def _merge(nodes: dict[int, _Node], limit: int, worst: Cut) -> None:
    """Merges small stages first, so that those that are left are about equal in size."""
    heap = [(len(node.region.blocks), index) for index, node in nodes.items()]
    heapq.heapify(heap)
    while heap and len(nodes) > limit:
        size, index = heapq.heappop(heap)
        node = nodes.get(index)
        into = None if node is None else _target(nodes, node, worst)
        if node is None or into is None:
            continue
        now = len(node.region.blocks) + len(into.region.blocks)
        if size < now:  # its own size is no longer, or was never, what merging makes of it
            heapq.heappush(heap, (now, index))
            continue
        for changed in _absorb(nodes, into, node):
            heapq.heappush(heap, (len(nodes[changed].region.blocks), changed))


def _target(nodes: Mapping[int, _Node], node: _Node, worst: Cut) -> _Node | None:
    """The stage that this one may be merged into: that from which all its packets come, unless it is the parser."""
    if node.cut > worst or len(node.before) != 1:
        return None
    (source,) = node.before
    into = nodes[source]
    if into.region.index == 0 or (worst is Cut.STATELESS and node.counts and into.reads):
        return None
    return into


def _absorb(nodes: dict[int, _Node], into: _Node, node: _Node) -> Iterator[int]:
    """Merges, and gives the stages that come after what has been merged: they may have one source now."""
    own = node.region.index
    into.region.blocks += node.region.blocks
    into.region.met |= node.region.met
    into.region.reads |= node.region.reads
    into.reads |= node.reads
    into.counts |= node.counts
    into.after.discard(own)
    into.after |= node.after
    for index in node.after:
        nodes[index].before.discard(own)
        nodes[index].before.add(into.region.index)
    del nodes[own]
    yield from sorted(into.after)
