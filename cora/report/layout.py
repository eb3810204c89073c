"""Third step of the layout: coordinates and routes. `lay_out` does all three.

Nodes stand in layers from top to bottom. Between two layers there is a band without boxes, and all curves are there;
through a layer an edge goes straight down, at a place of its own: so no edge passes behind a box.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cora.report.layering import Edge, Layers, layers
from cora.report.ordering import ordered

APART = 26.0
"""Between two boxes of a layer, px."""
APART_FROM_BEND = 15.0
BAND = (38.0, 92.0)
"""Least and greatest height of the band between two layers, px."""
ROUNDS = 40
STRAIGHT = (1.0, 2.0, 8.0)
"""Pull of an edge's piece, by how many of its ends are bends. See Gansner et al., "A technique for drawing directed
graphs", 1993, section 4."""
CENTRE = 0.02
PORT = 13.0
"""Between two edges that leave or enter one box, px."""


@dataclass(frozen=True, slots=True)
class Node:
    """A box with things to its right that belong to it; sizes in whole px."""

    width: float
    """Of the box, whose top and bottom edges enter and leave by."""
    height: float
    beside: float = 0.0
    """How far that which belongs to it reaches to the right of the box."""


@dataclass(frozen=True, slots=True)
class Route:
    """An edge: from the bottom of a box, straight or curved from point to point, to the top of another."""

    points: tuple[tuple[float, float], ...]
    """Between them are by turns vertical lines and, in the bands, curves with vertical ends; a line is first."""

    def middle(self) -> tuple[float, float]:
        """The middle of its first curve: a place to mark it at."""
        (x, y), (u, v) = self.points[1], self.points[2]
        return (x + u) / 2, (y + v) / 2


@dataclass(frozen=True, slots=True)
class Placed:
    """Boxes by node (left, top) and routes by edge, in an area from (0, 0) to (width, height)."""

    boxes: tuple[tuple[float, float], ...]
    routes: dict[Edge, Route]
    width: float
    height: float


def lay_out(
    nodes: Sequence[Node], edges: Sequence[Edge], width: float, weights: Mapping[Edge, float] | None = None
) -> Placed:
    """Places the nodes of an acyclic graph so that the drawing is no wider than `width` px, if it can be: layers with
    less in them are tried until it fits. Edges of more weight (1 where `weights` has none) are rather straight. Equal
    arguments give equal drawings. Raises `ValueError` for a cycle."""
    found = _with_limit(nodes, edges, width, width, weights or {})
    for tenths in range(9, 3, -1):
        if found.width <= width:
            break
        narrower = _with_limit(nodes, edges, width, width * tenths / 10, weights or {})
        if narrower.width < found.width:
            found = narrower
    return found


def _with_limit(
    nodes: Sequence[Node], edges: Sequence[Edge], width: float, limit: float, weights: Mapping[Edge, float]
) -> Placed:
    layered = layers([node.width + node.beside + APART for node in nodes], edges, limit, weights)
    rows = ordered(layered)
    x = _columns(nodes, layered, rows, width, weights)
    return _assemble(nodes, layered, rows, x)


# ---------------------------------------------------------------- across


def _columns(
    nodes: Sequence[Node],
    layered: Layers,
    rows: Sequence[Sequence[int]],
    width: float,
    weights: Mapping[Edge, float],
) -> dict[int, float]:
    """By vertex, the x of its middle (of its box). Every vertex is drawn to its neighbours, by turns to those above and
    below, and boxes of a layer keep their distance: least squares under constraints, solved exactly for each layer."""
    above, below = _pulls(layered, weights)
    apart = [_distances(nodes, layered.nodes, row) for row in rows]
    bounds = [_bounds(nodes, layered.nodes, row, gaps, width) for row, gaps in zip(rows, apart, strict=True)]
    x = {v: at for row, gaps in zip(rows, apart, strict=True) for v, at in zip(row, _cumulated(gaps), strict=True)}
    for turn in range(ROUNDS):
        down = turn % 2 == 0
        both = turn >= ROUNDS // 2
        order = range(len(rows)) if down else range(len(rows) - 1, -1, -1)
        for index in order:
            wanted: list[float] = []
            heavy: list[float] = []
            for vertex in rows[index]:
                near = [*above[vertex], *below[vertex]] if both else above[vertex] if down else below[vertex]
                # A little to the middle of the drawing, too: it holds together what nothing else does.
                pulls = [*((weight, x[other]) for weight, other in near), (CENTRE, width / 2)]
                heavy.append(sum(weight for weight, _ in pulls))
                wanted.append(sum(weight * at for weight, at in pulls) / heavy[-1])
            x |= dict(zip(rows[index], _spread(wanted, heavy, apart[index], bounds[index]), strict=True))
    return x


Pulls = dict[int, list[tuple[float, int]]]


def _pulls(layered: Layers, weights: Mapping[Edge, float]) -> tuple[Pulls, Pulls]:
    """By vertex, (weight, neighbour) of those above and below. What passes layers wants most to be straight."""
    above: Pulls = {vertex: [] for row in layered.rows for vertex in row}
    below: Pulls = {vertex: [] for row in layered.rows for vertex in row}
    for edge, chain in layered.chains.items():
        for upper, lower in itertools.pairwise(chain):
            bends = (upper >= layered.nodes) + (lower >= layered.nodes)
            weight = weights.get(edge, 1.0) * STRAIGHT[bends]
            below[upper].append((weight, lower))
            above[lower].append((weight, upper))
    return above, below


def _bounds(
    nodes: Sequence[Node], count: int, row: Sequence[int], gaps: Sequence[float], width: float
) -> tuple[float, float]:
    """How far to the left and to the right the first vertex of a layer may be, so that all of it is in the drawing."""
    first, last = row[0], row[-1]
    least = nodes[first].width / 2 if first < count else 0.0
    reach = nodes[last].width / 2 + nodes[last].beside if last < count else 0.0
    return least, max(least, width - 1 - reach - sum(gaps))  # 1 px for rounding


def _distances(nodes: Sequence[Node], count: int, row: Sequence[int]) -> list[float]:
    """The least distance between the middles of neighbours in a layer."""
    gaps: list[float] = []
    for left, right in itertools.pairwise(row):
        bend = left >= count or right >= count
        reach = nodes[left].width / 2 + nodes[left].beside if left < count else 0.0
        gaps.append(reach + (nodes[right].width / 2 if right < count else 0.0) + (APART_FROM_BEND if bend else APART))
    return gaps


def _cumulated(gaps: Sequence[float]) -> list[float]:
    places = [0.0]
    for gap in gaps:
        places.append(places[-1] + gap)
    return places


def _spread(
    wanted: Sequence[float], weights: Sequence[float], gaps: Sequence[float], bounds: tuple[float, float]
) -> list[float]:
    """The x that minimise the weighted squares of the distances from `wanted` with x[i + 1] >= x[i] + gaps[i], the
    first within `bounds` if all others are as near to it as they may: isotonic regression by pooling neighbours that
    violate the order, then clipped."""
    offsets = _cumulated(gaps)
    pools: list[tuple[float, float, int]] = []  # (mean, weight, how many)
    for place, weight, offset in zip(wanted, weights, offsets, strict=False):
        pool = (place - offset, weight, 1)
        while pools and pools[-1][0] > pool[0]:
            mean, heavy, count = pools.pop()
            total = heavy + pool[1]
            pool = ((mean * heavy + pool[0] * pool[1]) / total, total, count + pool[2])
        pools.append(pool)
    bases = [min(max(mean, bounds[0]), bounds[1]) for mean, _, count in pools for _ in range(count)]
    return [base + offset for base, offset in zip(bases, offsets, strict=False)]


# ---------------------------------------------------------------- down, and the edges


def _assemble(nodes: Sequence[Node], layered: Layers, rows: Sequence[Sequence[int]], x: Mapping[int, float]) -> Placed:
    count = layered.nodes
    left = min((x[v] - (nodes[v].width / 2 if v < count else 0.0) for v in x), default=0.0)
    # Whole pixels: sharp lines, and no last digits that differ between machines.
    column = {v: math.floor(at - left + 0.5) for v, at in x.items()}
    heights = [max((nodes[v].height for v in row if v < count), default=0.0) for row in rows]
    ports = _Ports(nodes, layered, column)
    tops: list[float] = []
    y = 0.0
    for index, height in enumerate(heights):
        tops.append(y)
        y += height + (_band(layered, rows[index], column, ports) if index + 1 < len(rows) else 0.0)
    layer_of = {v: index for index, row in enumerate(rows) for v in row}
    boxes = tuple((column[n] - nodes[n].width / 2, tops[layer_of[n]]) for n in range(count))
    routes = {
        edge: _route(edge, chain, nodes, column, ports, [(tops[layer_of[v]], heights[layer_of[v]]) for v in chain])
        for edge, chain in layered.chains.items()
    }
    right = max((boxes[n][0] + nodes[n].width + nodes[n].beside for n in range(count)), default=0.0)
    right = max([right, *(point[0] for route in routes.values() for point in route.points)])
    return Placed(boxes, routes, right, y)


class _Ports:
    """Where edges leave and enter boxes: side by side, in the order of their next bends, so that they don't cross."""

    def __init__(self, nodes: Sequence[Node], layered: Layers, column: Mapping[int, float]) -> None:
        leaving: dict[int, list[tuple[float, Edge]]] = {}
        entering: dict[int, list[tuple[float, Edge]]] = {}
        for edge, chain in layered.chains.items():
            leaving.setdefault(edge[0], []).append((column[chain[1]], edge))
            entering.setdefault(edge[1], []).append((column[chain[-2]], edge))
        self.out = self._place(leaving, nodes, column)
        self.into = self._place(entering, nodes, column)

    @staticmethod
    def _place(
        ends: Mapping[int, list[tuple[float, Edge]]], nodes: Sequence[Node], column: Mapping[int, float]
    ) -> dict[Edge, float]:
        found: dict[Edge, float] = {}
        for node, edges in ends.items():
            step = min(PORT, (nodes[node].width - 16) / len(edges))
            for at, (_, edge) in enumerate(sorted(edges)):
                found[edge] = column[node] + (at - (len(edges) - 1) / 2) * step
        return found


def _band(layered: Layers, row: Sequence[int], column: Mapping[int, float], ports: _Ports) -> float:
    """The height of the band below a layer: more where its edges go far to the side."""
    members = set(row)
    farthest = 0.0
    for edge, chain in layered.chains.items():
        for upper, lower in itertools.pairwise(chain):
            if upper in members:
                start = ports.out[edge] if upper == edge[0] else column[upper]
                end = ports.into[edge] if lower == edge[1] else column[lower]
                farthest = max(farthest, abs(end - start))
    return round(min(max(BAND[0], 28 + farthest / 9), BAND[1]))


def _route(
    edge: Edge,
    chain: Sequence[int],
    nodes: Sequence[Node],
    column: Mapping[int, float],
    ports: _Ports,
    spans: Sequence[tuple[float, float]],
) -> Route:
    top, height = spans[0]
    start = ports.out[edge]
    points = [(start, top + nodes[edge[0]].height), (start, top + height)]
    for bend, (above, tall) in zip(chain[1:-1], spans[1:-1], strict=True):
        points += [(column[bend], above), (column[bend], above + tall)]
    return Route((*points, (ports.into[edge], spans[-1][0])))
