"""The request that a bundle was made by, from the options in its manifest."""

from __future__ import annotations

from collections.abc import Mapping

from cora.plan import STRATEGIES, PlanRequest
from cora.plan.plan import Plan
from cora.plan.request import Strategy

Pair = tuple[str, str]


def request_of(chosen: Mapping[str, str], plan: Plan) -> PlanRequest:
    """The request that led to `plan`, at its rate."""
    from cora.plan.reserve import parse_reserve

    states = {name for s in plan.states for name in s.states}
    pins = _pairs(chosen.get("pins", ""), plan)
    cores, reserved = chosen.get("cores", "default"), chosen.get("reserved", "")
    max_rate = chosen.get("objective") == "max-rate"
    strategies: dict[str | None, Strategy] = {s: s for s in STRATEGIES}
    return PlanRequest(
        objective="max-rate" if max_rate else "min-cores",
        rate_pps=None if max_rate else plan.rate_pps,
        cores=None if cores == "default" else float(cores),
        strategy=strategies.get(chosen.get("strategy"), "ilp"),
        pin_states=tuple(p for p in pins if p[0] in states),
        pin_stages=tuple(p for p in pins if p[0] not in states),
        exclude=_pairs(chosen.get("excluded", ""), plan),
        reserve=parse_reserve(reserved.replace(" ", ",")) if reserved else (),
        scale="time" if chosen.get("scale") == "time" else "flows",
    )


def _pairs(text: str, plan: Plan) -> tuple[Pair, ...]:
    """NAME=ENGINE NAME=ENGINE ..., where names of stages hold spaces. They may not hold " NAME=ENGINE" of another."""
    names = sorted({s.name for s in plan.stages} | {n for s in plan.states for n in s.states}, key=len, reverse=True)
    found: list[Pair] = []
    rest = text.strip()
    while rest:
        name = next((n for n in names if rest.startswith(f"{n}=")), rest.partition("=")[0])
        engine, _, left = rest[len(name) + 1 :].partition(" ")
        found.append((name, engine))
        rest = left.strip()
    return tuple(found)
