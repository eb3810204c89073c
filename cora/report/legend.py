"""The legend of a graph's picture: what colours, lines and signs mean, in rows below the drawing."""

from __future__ import annotations

from collections.abc import Callable

from cora.analysis.graph import StateGraph
from cora.plan.plan import Plan
from cora.report.fills import colour_of, gradient_id
from cora.report.markup import Markup, element, join
from cora.report.text import text_width

SIZE_PX = 10.0
ROW = 24.0
SAMPLE_PX = 34.0
APART = 22.0

Sample = Callable[[float, float], Markup]
"""Draws a sample with its left edge at x and its middle at y."""


def legend(graph: StateGraph, plan: Plan | None, shares: bool, width: float, prefix: str) -> tuple[Markup, float]:
    """The legend as a group of shapes, no wider than `width` px, and its height."""
    x, y = 0.0, 10.0
    parts: list[Markup] = []
    for sample, text in _items(graph, plan, shares, prefix):
        needed = SAMPLE_PX + 7 + text_width(text, SIZE_PX)
        if x and x + needed > width:
            x, y = 0.0, y + ROW
        parts += [sample(x, y), element("text", text, x=x + SAMPLE_PX + 7, y=y + 3.5, class_="small")]
        x += needed + APART
    return element("g", *parts, class_="legend"), y + 10


def _items(graph: StateGraph, plan: Plan | None, shares: bool, prefix: str) -> list[tuple[Sample, str]]:
    items: list[tuple[Sample, str]] = [
        (_swatch("box plain", 2), "stage"),
        (_swatch("state plain", 8), "group of states"),
    ]
    if plan is not None:
        items += [(_swatch(f"box e{colour_of(engine, plan)}", 2), f"on {engine}") for engine in plan.engines]
        outer, inner = plan.engines[0], plan.engines[-1]
        if outer != inner:
            split = f"url(#{gradient_id((outer, inner), plan, prefix)})"
            items += [
                (_swatch("box", 2, split), f"{outer} for packets resident there, {inner} for others"),
                (_swatch("state", 8, split), f"{outer} holds copies or records, {inner} owns"),
            ]
    items += [
        (_access("reads"), "reads"),
        (_access("changes"), "changes that a copy can take"),
        (_access("owner"), "changes that need the owner"),
    ]
    if shares:
        items += [(_flow(10.0), "all packets"), (_flow(5.5), "half"), (_flow(1.0, " idle"), "no packets of the trace")]
    if any(edge.conflict(graph.holdable) for edge in graph.edges) or any(group.conflicts for group in graph.groups):
        items.append((_sign, "not safe to split here"))
    return items


def _swatch(style: str, radius: float, fill: str | None = None) -> Sample:
    return lambda x, y: element(
        "rect", x=x + 2, y=y - 8, width=SAMPLE_PX - 4, height=16, rx=radius, class_=style, fill=fill
    )


def _access(style: str) -> Sample:
    def draw(x: float, y: float) -> Markup:
        line = element("line", x1=x, y1=y, x2=x + SAMPLE_PX, y2=y, class_=f"access {style}")
        end = element("rect", x=x + SAMPLE_PX - 8, y=y - 4, width=8, height=8, class_="end")
        return join(line, end) if style == "owner" else line

    return draw


def _flow(thick: float, style: str = "") -> Sample:
    return lambda x, y: element("path", d=f"M{x:g} {y:g}h{SAMPLE_PX:g}", class_=f"flow{style}", stroke_width=thick)


def _sign(x: float, y: float) -> Markup:
    centre = x + SAMPLE_PX / 2
    return join(
        element("circle", cx=centre, cy=y, r=7, class_="sign"), element("text", "!", x=centre, y=y + 4, class_="bang")
    )
