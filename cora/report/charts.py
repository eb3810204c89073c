"""Charts of the report: bars of utilisation, and the residency curve."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from cora.model.resources import quantity
from cora.plan.reasons import percent
from cora.report.markup import Markup, element
from cora.report.text import text_width

BAR_PX = (200.0, 18.0)


def bar(share: float, label: str) -> Markup:
    """A bar that is full at a share of 1; what is overloaded is full and of another colour."""
    width, height = BAR_PX
    filled = max(1.0, min(share, 1.0) * (width - 2)) if share > 0 else 0.0
    style = "over" if share > 1 else "used"
    return element(
        "svg",
        element("title", label),
        element("rect", x=0.5, y=2.5, width=width - 1, height=height - 5, class_="there"),
        element("rect", x=1, y=3, width=filled, height=height - 6, class_=style),
        class_="bar",
        viewBox=f"0 0 {width:g} {height:g}",
        preserveAspectRatio="none",
        role="img",
        aria_label=label,
    )


@dataclass(frozen=True, slots=True)
class CurvePoint:
    entries: float
    """Copies of each flow table on the NIC, at the planned rate."""
    served: float
    """Share of packets, 0 to 1."""
    bound: float
    """What hindsight could reach."""


SIZE = (720.0, 330.0)
LEFT, RIGHT, TOP, BOTTOM = 62.0, 26.0, 34.0, 54.0


def residency_chart(points: Sequence[CurvePoint], chosen: float | None, label: str) -> Markup:
    """Share of packets served over copies, on a logarithmic axis, with the plan's number of copies marked. There is at
    least one point, and all have more than no entries."""
    low, high = _decades([p.entries for p in points] + ([chosen] if chosen else []))

    def x(entries: float) -> float:
        return LEFT + (math.log10(entries) - low) / (high - low) * (SIZE[0] - LEFT - RIGHT)

    def y(share: float) -> float:
        return TOP + (1 - share) * (SIZE[1] - TOP - BOTTOM)

    parts = [element("title", label), *_axes(low, high, x_of=[x(10.0**d) for d in range(low, high + 1)])]
    parts += [
        element("polyline", points=_points([(x(p.entries), y(p.bound)) for p in points]), class_="bound"),
        element("polyline", points=_points([(x(p.entries), y(p.served)) for p in points]), class_="served"),
    ]
    for p in points:
        words = f"{quantity(p.entries, '')} copies: {percent(p.served)} served, hindsight bound {percent(p.bound)}"
        parts.append(element("circle", element("title", words), cx=x(p.entries), cy=y(p.served), r=4, class_="dot"))
    if chosen:
        words = f"this plan: {quantity(chosen, '')}"
        at = x(chosen)
        right = at + text_width(words, 11) + 6 > SIZE[0]
        parts += [
            element("path", d=f"M{at:.1f} {TOP:g}V{SIZE[1] - BOTTOM:g}", class_="chosen"),
            element("text", words, x=at - 6 if right else at + 6, y=SIZE[1] - BOTTOM - 8,
                    text_anchor="end" if right else "start"),
        ]  # fmt: skip
    parts += _key()
    return element(
        "svg", *parts, class_="chart", width=SIZE[0], height=SIZE[1], viewBox=f"0 0 {SIZE[0]:g} {SIZE[1]:g}",
        role="img", aria_label=label,
    )  # fmt: skip


def _decades(values: Sequence[float]) -> tuple[int, int]:
    low = math.floor(math.log10(min(values)) + 1e-9)
    return low, max(low + 1, math.ceil(math.log10(max(values)) - 1e-9))


def _points(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def _axes(low: int, high: int, x_of: Sequence[float]) -> list[Markup]:
    bottom = SIZE[1] - BOTTOM
    parts: list[Markup] = []
    for step in range(0, 101, 20):
        at = TOP + (1 - step / 100) * (bottom - TOP)
        parts.append(element("path", d=f"M{LEFT:g} {at:.1f}H{SIZE[0] - RIGHT:g}", class_="grid"))
        parts.append(element("text", f"{step}%", x=LEFT - 8, y=at + 4, text_anchor="end"))
    for decade, at in zip(range(low, high + 1), x_of, strict=True):
        parts.append(element("path", d=f"M{at:.1f} {TOP:g}V{bottom + 5:g}", class_="grid"))
        parts.append(element("text", quantity(10.0**decade, ""), x=at, y=bottom + 20, text_anchor="middle"))
    parts.append(element("path", d=f"M{LEFT:g} {TOP:g}V{bottom:g}H{SIZE[0] - RIGHT:g}", class_="axis"))
    centre = (LEFT + SIZE[0] - RIGHT) / 2
    parts.append(
        element("text", "copies of each flow table (entries, log scale)", x=centre, y=bottom + 42, text_anchor="middle")
    )
    middle = (TOP + bottom) / 2
    turned = f"rotate(-90 14 {middle:g})"
    parts.append(element("text", "packets served (%)", x=14, y=middle, text_anchor="middle", transform=turned))
    return parts


def _key() -> list[Markup]:
    return [
        element("path", d=f"M{LEFT:g} 16h30", class_="served"),
        element("circle", cx=LEFT + 15, cy=16, r=4, class_="dot"),
        element("text", "served, as simulated", x=LEFT + 38, y=20),
        element("path", d=f"M{LEFT + 210:g} 16h30", class_="bound"),
        element("text", "bound known in hindsight, each second", x=LEFT + 248, y=20),
    ]
