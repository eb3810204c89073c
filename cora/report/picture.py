"""The state/traffic graph as SVG: `graph_svg`. What stands in it: `shapes`; where: `layout`; its looks: graph.css."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from cora.analysis.graph import StageEdge, StateGraph
from cora.plan.plan import Plan
from cora.plan.reasons import percent
from cora.report.fills import colour_of, fill_class, gradient_id
from cora.report.layout import Placed, Route, lay_out
from cora.report.legend import legend
from cora.report.markup import Markup, element, join
from cora.report.shapes import ACCESS_PX, BETWEEN_STATES, LEADING, PAD, StageShape, StateShape, stage_shapes
from cora.report.shares import Shares, shares_of
from cora.traffic.profile import Profile

MARGIN = 16.0
WIDTH_PX = 1180.0
"""How wide a drawing may become if nothing else is said, px."""
THINNEST, THICKEST = 1.0, 10.0
"""Widths of edges without packets and with all packets, px."""
TIP = 8.0
STRAIGHT = 30.0
"""How much more an edge with all packets wants to be straight than one without."""


@cache
def stylesheet() -> str:
    """The style of all pictures; its classes are inside of `.cg`."""
    return Path(__file__).with_name("graph.css").read_text(encoding="utf-8")


def graph_svg(
    graph: StateGraph,
    plan: Plan | None = None,
    profile: Profile | None = None,
    *,
    width: float = WIDTH_PX,
    prefix: str = "cg",
    embedded: bool = False,
) -> Markup:
    """A drawing of about `width` px: stages in layers, the states that they access beside them; with a profile or a
    plan the shares of the packets, with a plan the engines. `prefix` begins the ids, so that a page can hold several
    drawings. A file of its own brings its style; what is `embedded` takes that of the page (`stylesheet`). Equal
    arguments give equal texts."""
    shares = shares_of(graph, plan, profile)
    shapes = stage_shapes(graph, plan, shares)
    edges = {(edge.source, edge.target): edge for edge in graph.edges}
    weights = {pair: 1 + STRAIGHT * share for pair, share in shares.edges.items()} if shares else {}
    placed = lay_out([shape.node for shape in shapes], list(edges), width - 2 * MARGIN, weights)
    across = max(placed.width, 460.0)
    key, key_height = legend(graph, plan, shares is not None, across, prefix)
    total = (across + 2 * MARGIN, placed.height + key_height + 3 * MARGIN)
    title, description = _words(graph, plan)
    drawn = _drawn(graph, edges, shapes, placed, shares, plan, prefix)
    parts = [
        element("title", title, id=f"{prefix}-title"),
        element("desc", description, id=f"{prefix}-desc"),
        Markup("") if embedded else element("style", Markup(stylesheet())),
        element("defs", *_gradients(plan, shapes, prefix)),
        element("rect", class_="ground", width=total[0], height=total[1]),
        element("g", *drawn, transform=f"translate({MARGIN:g} {MARGIN:g})"),
        element("g", key, transform=f"translate({MARGIN:g} {placed.height + 2 * MARGIN:g})"),
    ]
    return element(
        "svg",
        *parts,
        xmlns=None if embedded else "http://www.w3.org/2000/svg",
        class_="cg",
        width=total[0],
        height=total[1],
        viewBox=f"0 0 {total[0]:g} {total[1]:g}",
        role="img",
        aria_labelledby=f"{prefix}-title {prefix}-desc",
    )


def _words(graph: StateGraph, plan: Plan | None) -> tuple[str, str]:
    name = graph.program.name
    counted = f"{len(graph.stages)} stages, {len(graph.groups)} groups of states."
    if plan is None:
        return f"State/traffic graph of {name}", counted
    return f"State/traffic graph of {name}, as planned for {plan.target}", counted


def _drawn(
    graph: StateGraph,
    edges: dict[tuple[int, int], StageEdge],
    shapes: Sequence[StageShape],
    placed: Placed,
    shares: Shares | None,
    plan: Plan | None,
    prefix: str,
) -> list[Markup]:
    """Edges first, the busiest last, so that they are on top of each other in this order and all below the boxes."""
    order = sorted(edges, key=lambda pair: (shares.edges.get(pair, 0.0) if shares else 0.0, pair))
    lines = [_edge(graph, edges[pair], placed.routes[pair], shares) for pair in order]
    conflicts = {pair: edge.conflict(graph.holdable) for pair, edge in edges.items()}
    signs = [_sign(*placed.routes[pair].middle(), conflicts[pair]) for pair in order if conflicts[pair]]
    boxes = [_stage(shape, *at, plan, prefix) for shape, at in zip(shapes, placed.boxes, strict=True)]
    return [*lines, *boxes, *signs]


def _gradients(plan: Plan | None, shapes: Sequence[StageShape], prefix: str) -> list[Markup]:
    """One for each mixture of engines: colours side by side, with hard borders."""
    if plan is None:
        return []
    fills = {shape.fill for shape in shapes} | {state.fill for shape in shapes for state in shape.states}
    fills.add((plan.engines[0], plan.engines[-1]))  # the legend's
    found: list[Markup] = []
    for fill in sorted(fills):
        if len(set(fill)) < 2:
            continue
        stops: list[Markup] = []
        for at, engine in enumerate(fill):
            colour = f"g{colour_of(engine, plan)}"
            stops += [element("stop", offset=f"{edge / len(fill):.4g}", class_=colour) for edge in (at, at + 1)]
        found.append(element("linearGradient", *stops, id=gradient_id(fill, plan, prefix)))
    return found


# ---------------------------------------------------------------- boxes


def _stage(shape: StageShape, x: float, y: float, plan: Plan | None, prefix: str) -> Markup:
    node = shape.node
    fill = fill_class(shape.fill, plan, prefix)
    fill["class_"] = f"box {fill['class_']}".strip()
    parts = [
        element("title", shape.title),
        element("rect", x=x, y=y, width=node.width, height=node.height, rx=2, **fill),
    ]
    baseline = y + (node.height - LEADING * (len(shape.name) + len(shape.lines))) / 2 + 11
    for index, line in enumerate((*shape.name, *shape.lines)):
        style = "name" if index < len(shape.name) else "small"
        parts.append(element("text", line, x=x + PAD, y=baseline + LEADING * index, class_=style))
    below = sum(s.height for s in shape.states) + BETWEEN_STATES * max(0, len(shape.states) - 1)
    top = y + (node.height - below) / 2
    states: list[Markup] = []
    for state in shape.states:
        states.append(_state(state, x + node.width, top, plan, prefix))
        top += state.height + BETWEEN_STATES
    return join(element("g", *parts, class_="stage"), *states)


def _state(state: StateShape, x: float, y: float, plan: Plan | None, prefix: str) -> Markup:
    fill = fill_class(state.fill, plan, prefix)
    fill["class_"] = f"state {fill['class_']}".strip()
    middle = y + state.height / 2
    left = x + ACCESS_PX
    parts = [
        element("title", state.title),
        access_line(x, left, middle, state.style),
        element("rect", x=left, y=y, width=state.width, height=state.height, rx=11, **fill),
    ]
    for index, line in enumerate(state.lines):
        style = "small" if index else None
        weight = None if index else "bold"
        at = y + 14.5 + LEADING * index
        parts.append(element("text", line, x=left + PAD, y=at, class_=style, font_weight=weight))
    if state.conflict:
        parts.append(_sign(left + state.width + 1, y + 3, state.conflict))
    return element("g", *parts, class_="holds", data_group=state.group)


def access_line(x: float, end: float, y: float, style: str) -> Markup:
    """From a stage to a state; one that needs the owner ends in a square."""
    line = element("line", x1=x, y1=y, x2=end, y2=y, class_=f"access {style}")
    if style != "owner":
        return line
    return join(line, element("rect", x=end - 8, y=y - 4, width=8, height=8, class_="end"))


def _sign(x: float, y: float, why: str) -> Markup:
    """A circle with an exclamation mark: something here is not safe."""
    return element(
        "g",
        element("title", f"Conflict: {why}"),
        element("circle", cx=x, cy=y, r=7, class_="sign"),
        element("text", "!", x=x, y=y + 4, class_="bang"),
        class_="conflict",
    )


# ---------------------------------------------------------------- edges


def edge_width(share: float) -> float:
    """Linear in the share, so that widths add up where paths join."""
    return THINNEST + (THICKEST - THINNEST) * min(1.0, share)


def _edge(graph: StateGraph, edge: StageEdge, route: Route, shares: Shares | None) -> Markup:
    share = shares.edges.get((edge.source, edge.target), 0.0) if shares else None
    thick = 1.4 if share is None else edge_width(share)
    words = [f"{graph.stages[edge.source].name} to {graph.stages[edge.target].name}"]
    if share is not None:
        words.append(f"{percent(share)} of all packets")
    held = graph.holdable
    if bits := graph.stages[edge.restart(held)].live_bits:
        words.append(f"{bits} bits travel if it changes engine")
    if conflict := edge.conflict(held):
        words.append(f"no packet may change engine here if all that may be copied is: {conflict}")
    idle = " idle" if share == 0 else ""
    x, y = route.points[-1]
    reach = max(4.0, thick / 2 + 2)
    tip = f"{x - reach:g},{y - TIP:g} {x + reach:g},{y - TIP:g} {x:g},{y:g}"
    return element(
        "g",
        element("title", "; ".join(words)),
        element("path", d=_curve(route), class_=f"flow{idle}", stroke_width=thick),
        element("polygon", points=tip, class_=f"tip{idle}"),
        class_="edge",
    )


def _curve(route: Route) -> str:
    """Lines straight down and cubic curves by turns; the last curve ends where the tip begins."""
    points = route.points
    text = f"M{points[0][0]:g} {points[0][1]:g}"
    for index, (x, y) in enumerate(points[1:], start=1):
        if index % 2:
            text += f"V{y:g}" if y != points[index - 1][1] else ""
            continue
        before = points[index - 1]
        if index == len(points) - 1:
            y -= TIP
        half = (before[1] + y) / 2
        text += f"C{before[0]:g} {half:g} {x:g} {half:g} {x:g} {y:g}"
    return text
