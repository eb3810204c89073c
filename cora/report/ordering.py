"""Second step of the layout: the order within each layer, so that few edges cross. Barycentres, then swaps.

See Sugiyama, Tagawa and Toda, "Methods for visual understanding of hierarchical system structures", 1981.
"""

from __future__ import annotations

import itertools
from bisect import bisect_right, insort
from collections.abc import Mapping, Sequence

from cora.report.layering import Layers

SWEEPS = 12
"""Times up or down through all layers."""

Neighbours = Mapping[int, Sequence[int]]


def ordered(layered: Layers) -> tuple[tuple[int, ...], ...]:
    """The vertices of each layer from left to right. Equal graphs give equal orders."""
    above, below = layered.neighbours()
    rows = [list(row) for row in layered.rows]
    best, fewest = [list(row) for row in rows], crossings(rows, below)
    for sweep in range(SWEEPS):
        if fewest == 0:
            break
        _sweep(rows, above, below, down=sweep % 2 == 0)
        _swap(rows, above, below)
        found = crossings(rows, below)
        if found < fewest:
            best, fewest = [list(row) for row in rows], found
    return tuple(tuple(row) for row in best)


def crossings(rows: Sequence[Sequence[int]], below: Neighbours) -> int:
    """How many pairs of edges cross between neighbouring layers."""
    total = 0
    for upper, lower in itertools.pairwise(rows):
        place = {vertex: at for at, vertex in enumerate(lower)}
        seen: list[int] = []
        for vertex in upper:
            ends = sorted(place[target] for target in below[vertex])
            total += sum(len(seen) - bisect_right(seen, end) for end in ends)
            for end in ends:
                insort(seen, end)
    return total


def _sweep(rows: list[list[int]], above: Neighbours, below: Neighbours, down: bool) -> None:
    """Sorts each layer by the mean place of its neighbours in the layer that comes before it on the way."""
    near = above if down else below
    indices = range(1, len(rows)) if down else range(len(rows) - 2, -1, -1)
    for index in indices:
        fixed = {vertex: at for at, vertex in enumerate(rows[index - 1 if down else index + 1])}
        scale = max(1, len(fixed) - 1) / max(1, len(rows[index]) - 1)
        centre: dict[int, float] = {}
        for at, vertex in enumerate(rows[index]):
            places = [fixed[n] for n in near[vertex]]
            centre[vertex] = sum(places) / len(places) if places else at * scale
        rows[index].sort(key=centre.__getitem__)  # stable: ties keep their order


def _swap(rows: list[list[int]], above: Neighbours, below: Neighbours) -> None:
    """Swaps neighbours in a layer wherever that removes crossings, until it doesn't."""
    for _ in range(4):
        swapped = False
        for index, row in enumerate(rows):
            up = {v: at for at, v in enumerate(rows[index - 1])} if index else {}
            down = {v: at for at, v in enumerate(rows[index + 1])} if index + 1 < len(rows) else {}
            for at in range(len(row) - 1):
                left, right = row[at], row[at + 1]
                now = _pair(above[left], above[right], up) + _pair(below[left], below[right], down)
                then = _pair(above[right], above[left], up) + _pair(below[right], below[left], down)
                if then < now:
                    row[at], row[at + 1] = right, left
                    swapped = True
        if not swapped:
            return


def _pair(left: Sequence[int], right: Sequence[int], place: Mapping[int, int]) -> int:
    return sum(place[a] > place[b] for a in left for b in right)
