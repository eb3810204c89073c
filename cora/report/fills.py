"""Colours of engines: classes `e0`, `e1`, ... of graph.css, and gradients for shapes of several engines."""

from __future__ import annotations

from cora.plan.plan import Plan

Fill = tuple[str, ...]
"""Engines from the wire inwards whose colours fill a shape, side by side; empty without a plan."""

HOST = 1


def colour_of(engine: str, plan: Plan) -> int:
    """The number of an engine's colour: 1 for the host, which is the last engine of every plan; 0, 2 for others."""
    at = plan.engines.index(engine)
    if at == len(plan.engines) - 1:
        return HOST
    return (0, 2)[at % 2]


def fill_class(fill: Fill, plan: Plan | None, prefix: str) -> dict[str, str]:
    """The attributes that fill a shape with the colours of its engines."""
    if not fill or plan is None:
        return {"class_": "plain"}
    if len(fill) == 1:
        return {"class_": f"e{colour_of(fill[0], plan)}"}
    return {"class_": "", "fill": f"url(#{gradient_id(fill, plan, prefix)})"}


def gradient_id(fill: Fill, plan: Plan, prefix: str) -> str:
    return f"{prefix}-" + "-".join(str(colour_of(engine, plan)) for engine in fill)
