"""The plan in one line for each state and class, and which assumptions of the model would make it another plan."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal

from cora.explain.answer import SCHEMA, Assumption, Overview, OverviewLine
from cora.explain.solver import Infeasible, Solver
from cora.explain.subjects import Subject, concerned
from cora.model.schema import Curve, Model, Number
from cora.plan import Plan
from cora.plan.plan import StatePlacement

End = Literal["low", "high"]
ENDS: tuple[End, End] = ("low", "high")
Names = Sequence[str]


def overview(solver: Solver, *, assumptions: bool = True) -> Overview:
    """The overview; with `assumptions`, every group of assumed figures is moved to both ends of its ranges."""
    plan = solver.plan
    groups = _groups(solver.inputs.model) if assumptions else {}
    found = [a for names in groups.values() for end in ENDS if (a := _assumption(solver, names, end)) is not None]
    return Overview(
        SCHEMA,
        plan.program,
        plan.target,
        plan.objective,
        plan.rate_pps,
        plan.score.host_cores,
        plan.score.nic_cores,
        plan.score.throughput_pps,
        plan.score.bottleneck,
        (*_states(solver), *_classes(plan)),
        tuple(found),
        len(groups),
        plan.notes,
        plan.residency,
    )


def where(state: StatePlacement) -> str:
    """ "host + nic (replicated)"."""
    return f"{' + '.join((state.owner, *state.copies_on))} ({state.mode})"


def _states(solver: Solver) -> Iterator[OverviewLine]:
    plan = solver.plan
    for state in plan.states:
        classes = concerned(solver.inputs.graph, plan, Subject("state", state.group))
        share = sum(c.share for c in classes)
        served = sum(c.share * c.nic_share for c in classes) / share if share else 0.0
        yield OverviewLine("state", state.group, where(state), share, served, state.reason)


def _classes(plan: Plan) -> Iterator[OverviewLine]:
    for outcome in sorted(plan.classes, key=lambda c: -c.share):
        engines = dict.fromkeys(e for _, hot, cold in outcome.path for e in (hot, cold))
        shown = " > ".join(e for e in plan.engines if e in engines)
        yield OverviewLine("class", outcome.name, shown, outcome.share, outcome.nic_share, outcome.reason)


# ---------------------------------------------------------------- assumptions


def _assumption(solver: Solver, names: Names, end: End) -> Assumption | None:
    """The fewest of some assumed figures that make another plan at an end of their ranges; None if they don't."""

    def other(chosen: Names) -> Plan | Infeasible | None:
        found = solver.with_model(at_end(solver.inputs.model, frozenset(chosen), end))
        if isinstance(found, Infeasible):
            return found
        return found.plan if differences(solver.plan, found.plan) else None

    if other(names) is None:
        return None
    chosen = _fewest(names, lambda some: other(some) is not None)
    plan = other(chosen)
    if plan is None:
        return None
    if isinstance(plan, Infeasible):
        return Assumption(tuple(chosen), end, (f"nothing fits: {plan.why}",), 0.0)
    delta = plan.score.host_cores - solver.plan.score.host_cores
    return Assumption(tuple(chosen), end, differences(solver.plan, plan), delta)


def _fewest(names: Names, differs: Callable[[Names], bool]) -> list[str]:
    """A part of the figures that still makes a difference, by halving; both halves stay where it takes both."""
    left = list(names)
    while len(left) > 1:
        middle = len(left) // 2
        half = next((part for part in (left[:middle], left[middle:]) if differs(part)), None)
        if half is None:
            break
        left = half
    return left


def differences(one: Plan, other: Plan) -> tuple[str, ...]:
    """What is elsewhere, in words: states, then stages that packets visit. Memories and sizes don't count."""
    found: list[str] = []
    for before, after in zip(one.states, other.states, strict=True):
        if where(before) != where(after):
            found.append(f"{before.group}: {where(before)} -> {where(after)}")
    visited = {name for c in one.classes for name, _, _ in c.path}
    for before, after in zip(one.stages, other.stages, strict=True):
        if before.name in visited and (before.hot, before.cold) != (after.hot, after.cold):
            found.append(f"{before.name}: {_engines(before.hot, before.cold)} -> {_engines(after.hot, after.cold)}")
    return tuple(found)


def _engines(hot: str, cold: str) -> str:
    return hot if hot == cold else f"{hot}|{cold}"


def _groups(model: Model) -> dict[str, list[str]]:
    """Names of the assumed figures of a model, by the engine, memory or link that they belong to."""
    groups: defaultdict[str, list[str]] = defaultdict(list)

    def note(name: str, number: Number | Curve) -> Number | Curve:
        if number.assumed and number.low != number.high:
            groups[name.partition(".")[0]].append(name)
        return number

    _mapped(model, note)
    return dict(groups)


def at_end(model: Model, names: frozenset[str], end: End) -> Model:
    """The model with some assumed figures at an end of their ranges."""

    def move(name: str, number: Number | Curve) -> Number | Curve:
        if name not in names:
            return number
        bound = number.low if end == "low" else number.high
        if isinstance(number, Curve):
            return dataclasses.replace(number, points=tuple((x, y * bound) for x, y in number.points))
        return dataclasses.replace(number, value=bound)

    return _mapped(model, move)


def _mapped(model: Model, change: Callable[[str, Number | Curve], Number | Curve]) -> Model:
    """The model with each figure replaced; a figure is named by its path: "nic.accesses.exact.compute"."""

    def walk(name: str, value: Any) -> Any:
        if isinstance(value, Number | Curve):
            return change(name, value)
        if isinstance(value, dict):
            return {key: walk(f"{name}.{key}", inner) for key, inner in value.items()}
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            fields = {f.name: walk(f"{name}.{f.name}", getattr(value, f.name)) for f in dataclasses.fields(value)}
            return dataclasses.replace(value, **fields)
        return value

    def each(items: Sequence[Any]) -> tuple[Any, ...]:
        return tuple(walk(item.name, item) for item in items)

    return dataclasses.replace(
        model,
        engines=each(model.engines),
        memories=each(model.memories),
        links=each(model.links),
        wire=walk("wire", model.wire),
    )
