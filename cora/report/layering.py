"""First step of the layout: every node of an acyclic graph gets a layer, long edges a bend in each layer between."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Edge = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Layers:
    """Vertices by layer. Those below `nodes` are the nodes, the others bends of edges that pass a layer."""

    nodes: int
    rows: tuple[tuple[int, ...], ...]
    chains: dict[Edge, tuple[int, ...]]
    """By edge: source, bends, target; each one layer below the one before."""

    def neighbours(self) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
        """By vertex, what is above and what is below."""
        above: dict[int, list[int]] = {vertex: [] for row in self.rows for vertex in row}
        below: dict[int, list[int]] = {vertex: [] for row in self.rows for vertex in row}
        for chain in self.chains.values():
            for upper, lower in itertools.pairwise(chain):
                below[upper].append(lower)
                above[lower].append(upper)
        return above, below


def layers(
    widths: Sequence[float], edges: Sequence[Edge], limit: float, weights: Mapping[Edge, float] | None = None
) -> Layers:
    """Layers in which every edge points down. A node is in the first layer below its predecessors that has room: nodes
    in a layer are together no wider than `limit`, and first come those that the heaviest edges enter, then those with
    the longest way to an end. Without a limit this is layering by longest paths. Raises `ValueError` for a graph with a
    cycle."""
    layer_of = _assign(widths, edges, limit, weights or {})
    rows: list[list[int]] = [[] for _ in range(max(layer_of, default=-1) + 1)]
    for node, layer in enumerate(layer_of):
        rows[layer].append(node)
    chains: dict[Edge, tuple[int, ...]] = {}
    fresh = len(widths)
    for source, target in sorted(set(edges)):
        passed = range(layer_of[source] + 1, layer_of[target])
        bends = range(fresh, fresh + len(passed))
        for bend, layer in zip(bends, passed, strict=True):
            rows[layer].append(bend)
        fresh += len(bends)
        chains[source, target] = (source, *bends, target)
    return Layers(len(widths), tuple(tuple(row) for row in rows), chains)


def _assign(widths: Sequence[float], edges: Sequence[Edge], limit: float, weights: Mapping[Edge, float]) -> list[int]:
    sources: list[set[int]] = [set() for _ in widths]
    heaviest = [0.0] * len(widths)
    for source, target in edges:
        sources[target].add(source)
        heaviest[target] = max(heaviest[target], weights.get((source, target), 1.0))
    depth = _depths(len(widths), edges)
    layer_of = [-1] * len(widths)
    pending = sorted(range(len(widths)), key=lambda node: (-heaviest[node], -depth[node], node))
    layer = 0
    while pending:
        ready = [n for n in pending if all(0 <= layer_of[s] < layer for s in sources[n])]
        if not ready:
            raise ValueError("the graph has a cycle")
        used = 0.0
        for node in ready:
            if used and used + widths[node] > limit:
                continue
            used += widths[node]
            layer_of[node] = layer
        pending = [node for node in pending if layer_of[node] < 0]
        layer += 1
    return layer_of


def _depths(count: int, edges: Sequence[Edge]) -> list[int]:
    """By node: edges on the longest path from it. Of a node on a cycle nothing is promised, but that it ends."""
    depth = [0] * count
    for _ in range(count):
        changed = False
        for source, target in edges:
            if depth[source] < depth[target] + 1:
                depth[source] = depth[target] + 1
                changed = True
        if not changed:
            break
    return depth
