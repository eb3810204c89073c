"""The layout on random acyclic graphs: nothing overlaps, edges go down and pass no box, equal graphs look alike."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cora.report.layering import Edge, layers
from cora.report.layout import PORT, Node, Placed, lay_out
from cora.report.ordering import crossings, ordered


@dataclass(frozen=True)
class Drawing:
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    weights: dict[Edge, float]
    width: float


@st.composite
def drawings(draw: st.DrawFn, most: int = 14) -> Drawing:
    count = draw(st.integers(1, most))
    size = st.integers(20, 160)
    nodes = tuple(draw(st.builds(Node, size, size, st.integers(0, 120))) for _ in range(count))
    pairs = list(itertools.combinations(range(count), 2))
    edges = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=24)) if pairs else []
    weights = {edge: draw(st.sampled_from([1.0, 5.0, 31.0])) for edge in edges}
    return Drawing(nodes, tuple(edges), weights, draw(st.sampled_from([300.0, 700.0, 1200.0])))


def placed(drawing: Drawing) -> Placed:
    return lay_out(drawing.nodes, drawing.edges, drawing.width, drawing.weights)


def boxes(drawing: Drawing, found: Placed) -> list[tuple[float, float, float, float]]:
    """Left, top, right, bottom, with what belongs to a box."""
    return [
        (x, y, x + node.width + node.beside, y + node.height)
        for node, (x, y) in zip(drawing.nodes, found.boxes, strict=True)
    ]


@settings(deadline=None, max_examples=150)
@given(drawings())
def test_no_two_boxes_overlap_and_all_are_inside(drawing: Drawing) -> None:
    found = placed(drawing)
    areas = boxes(drawing, found)
    for (a, b, c, d), (e, f, g, h) in itertools.combinations(areas, 2):
        assert c < e or g < a or d < f or h < b
    for left, top, right, bottom in areas:
        assert left >= 0 and right <= found.width and top >= 0 and bottom <= found.height


@settings(deadline=None, max_examples=150)
@given(drawings())
def test_edges_go_down_from_box_to_box_and_pass_no_other(drawing: Drawing) -> None:
    found = placed(drawing)
    areas = boxes(drawing, found)
    assert set(found.routes) == set(drawing.edges)
    for (source, target), route in found.routes.items():
        points = route.points
        assert all(b[1] >= a[1] for a, b in itertools.pairwise(points))
        (x, y), (u, v) = points[0], points[-1]
        assert areas[source][0] < x < areas[source][0] + drawing.nodes[source].width and y == areas[source][3]
        assert areas[target][0] < u < areas[target][0] + drawing.nodes[target].width and v == areas[target][1]
        for index in range(0, len(points) - 1, 2):  # the vertical pieces; the rest is in bands without boxes
            (x, top), (again, bottom) = points[index], points[index + 1]
            assert x == again
            for left, upper, right, lower in areas:
                assert not (left < x < right and upper < bottom and top < lower), "an edge behind a box"
        for (_, top), (_, bottom) in zip(points[1::2], points[2::2], strict=True):
            assert all(lower <= top or upper >= bottom for _, upper, _, lower in areas), "a box in a band"


@settings(deadline=None, max_examples=60)
@given(drawings())
def test_equal_graphs_are_drawn_alike(drawing: Drawing) -> None:
    again = Drawing(drawing.nodes, tuple(reversed(drawing.edges)), drawing.weights, drawing.width)
    assert placed(drawing) == placed(again)


@settings(deadline=None, max_examples=100)
@given(drawings())
def test_without_a_limit_layers_are_longest_paths(drawing: Drawing) -> None:
    found = layers([node.width for node in drawing.nodes], drawing.edges, 1e9)
    layer = {node: at for at, row in enumerate(found.rows) for node in row if node < len(drawing.nodes)}
    for node in layer:
        before = [layer[s] for s, t in drawing.edges if t == node]
        assert layer[node] == max(before, default=-1) + 1
    for (source, target), chain in found.chains.items():
        assert (chain[0], chain[-1]) == (source, target)
        assert len(chain) == layer[target] - layer[source] + 1


@settings(deadline=None, max_examples=100)
@given(drawings())
def test_layers_keep_the_limit(drawing: Drawing) -> None:
    found = layers([node.width for node in drawing.nodes], drawing.edges, drawing.width)
    for row in found.rows:
        nodes = [vertex for vertex in row if vertex < len(drawing.nodes)]
        assert len(nodes) == 1 or sum(drawing.nodes[n].width for n in nodes) <= drawing.width


@settings(deadline=None, max_examples=80)
@given(drawings(most=9))
def test_ordering_never_adds_crossings_and_counts_them_right(drawing: Drawing) -> None:
    layered = layers([1.0] * len(drawing.nodes), drawing.edges, 1e9)
    rows = ordered(layered)
    assert [sorted(row) for row in rows] == [sorted(row) for row in layered.rows]
    _, below = layered.neighbours()
    assert crossings(rows, below) <= crossings(layered.rows, below)
    place = {vertex: at for row in rows for at, vertex in enumerate(row)}
    layer = {vertex: at for at, row in enumerate(rows) for vertex in row}
    pieces = [p for chain in layered.chains.values() for p in itertools.pairwise(chain)]
    crossed = sum(
        layer[a] == layer[c] and (place[a] - place[c]) * (place[b] - place[d]) < 0
        for (a, b), (c, d) in itertools.combinations(pieces, 2)
    )
    assert crossings(rows, below) == crossed


def test_a_ladder_is_untangled() -> None:
    """Two crossed pairs of parallel paths need no crossing at all."""
    layered = layers([1.0] * 7, [(0, 1), (0, 2), (1, 4), (2, 3), (3, 5), (4, 6)], 1e9)
    _, below = layered.neighbours()
    assert crossings(layered.rows, below) > 0
    assert crossings(ordered(layered), below) == 0


def test_a_chain_is_straight() -> None:
    found = lay_out([Node(100, 40)] * 4, [(0, 1), (1, 2), (2, 3)], 900)
    assert len({x for x, _ in found.boxes}) == 1
    assert all(len({x for x, _ in route.points}) == 1 for route in found.routes.values())


def test_edges_share_the_side_of_a_box() -> None:
    found = lay_out([Node(100, 40)] * 3, [(0, 1), (0, 2)], 900)
    starts = sorted(route.points[0][0] for route in found.routes.values())
    assert starts[1] - starts[0] == pytest.approx(PORT)


def test_a_wide_graph_is_folded() -> None:
    """One source with twelve targets is no wider than asked for."""
    nodes = [Node(150, 50, 60)] * 13
    edges = [(0, target) for target in range(1, 13)]
    assert lay_out(nodes, edges, 1148).width <= 1148
    assert lay_out(nodes, edges, 700).width <= 700


def test_a_cycle_is_refused() -> None:
    with pytest.raises(ValueError, match="cycle"):
        lay_out([Node(10, 10)] * 3, [(0, 1), (1, 2), (2, 1)], 500)
