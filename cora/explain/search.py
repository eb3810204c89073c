"""The smallest changes that move something. A change counts only after the plan was solved with it and has moved it.

First everything about the NIC is made plentiful at once; if that moves the subject, a smallest set of changes that
still does is found by halving (QuickXplain, Junker 2004), and each of its figures is then lowered by bisection.
Planning is not monotone (more of one thing may make another place better), so a found set is small, not proven least.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import ceil, floor, log10

from cora.explain.answer import Setting, Suggestion
from cora.explain.changes import Change, ChangeKind, flows_change, machine_changes, rate_change
from cora.explain.solver import Settings, Solved, Solver
from cora.model.resources import quantity
from cora.plan import Plan

Moved = Callable[[Solved], bool]
PRECISION = 0.01
"""How close bisection comes to the smallest figure."""
SETS = 2
"""So many sets of changes of the machine are looked for; the second without the changes of the first."""
LESS = (2.0, 8.0, 64.0)
"""Rates and flows are divided by these."""
MORE = (2.0, 8.0)
"""Rates are multiplied by these."""
FULLEST = 4
"""So many resources are made smaller to see what leaves the NIC first."""
BELOW = (0.9, 0.5, 0.1)
"""Resources get these parts of what is used of them."""


def enabling(solver: Solver, moved: Moved, effect: Callable[[Solved], str]) -> tuple[Suggestion, ...]:
    """Changes after which `moved` holds, each by itself; `effect` says of a plan what came of the subject."""
    found: list[Settings] = []
    left = machine_changes(solver.inputs.model)
    for _ in range(SETS):
        chosen = _smallest_set(solver, left, moved)
        if not chosen:
            break
        found.append(_shrunk(solver, chosen, moved))
        left = tuple(c for c in left if c not in chosen)
    found += _less_traffic(solver, moved)
    return tuple(_suggestion(solver, settings, effect) for settings in found)


def leaving(solver: Solver, moved: Moved, effect: Callable[[Solved], str]) -> tuple[Suggestion, ...]:
    """The other way round: less of a resource, or a higher rate, after which `moved` (off the NIC) holds."""
    changes = [(c, c.demand(solver.plan)) for c in machine_changes(solver.inputs.model) if c.kind == "resource"]
    used = sorted(((c, d) for c, d in changes if d > 0), key=lambda pair: -pair[1] / pair[0].now)
    found: list[Settings] = []
    for change, demand in used[:FULLEST]:
        values = tuple(_down(part * demand, change) for part in BELOW)
        found += _largest(solver, change, change.now, values, moved)
    if solver.inputs.request.objective == "min-cores":
        rate = solver.plan.rate_pps
        found += _smallest_rate(solver, rate, tuple(rate * times for times in MORE), moved)
    return tuple(_suggestion(solver, settings, effect) for settings in found)


def _suggestion(solver: Solver, settings: Settings, effect: Callable[[Solved], str]) -> Suggestion:
    found = solver.with_settings(settings)
    assert found is not None
    plan = found.plan
    kinds: list[ChangeKind] = [change.kind for change, _ in settings]
    kind: ChangeKind = "capability" if "capability" in kinds else kinds[0]
    words = " and ".join(change.words(value) for change, value in settings)
    return Suggestion(
        words=f"{words}{_insertions(plan)}" if kind == "capability" and "insert" not in words else words,
        kind=kind,
        settings=tuple(Setting(change.name, change.now, value, change.unit) for change, value in settings),
        effect=effect(found),
        host_cores=plan.score.host_cores,
        host_cores_delta=plan.score.host_cores - solver.plan.score.host_cores,
    )


def _insertions(plan: Plan) -> str:
    """An engine that is given an ability often has to insert too: how much."""
    loads = [x for x in plan.score.loads if x.resource.endswith(" insertions")]
    return "".join(f", which then inserts {quantity(x.demand, x.unit)}" for x in loads)


# ---------------------------------------------------------------- the machine


def _smallest_set(solver: Solver, changes: Sequence[Change], moved: Moved) -> tuple[Change, ...]:
    """Changes that together move it and of which none can be left out; () if nothing does."""

    def holds(chosen: Sequence[Change]) -> bool:
        found = solver.with_settings(tuple((change, change.most) for change in chosen))
        return found is not None and moved(found)

    kinds = (
        [c for c in changes if c.kind == "resource"],
        [c for c in changes if c.kind == "capability"],
        list(changes),
    )
    for items in kinds:
        if items and holds(items):
            chosen = _halve(holds, [], False, items)
            return tuple(chosen) if holds(chosen) else ()
    return ()


def _halve(
    holds: Callable[[Sequence[Change]], bool], taken: list[Change], grown: bool, items: list[Change]
) -> list[Change]:
    """The part of `items` that is needed beside `taken`; `grown` if `taken` changed since it last didn't hold."""
    if grown and holds(taken):
        return []
    if len(items) == 1:
        return items
    middle = len(items) // 2
    first, second = items[:middle], items[middle:]
    of_second = _halve(holds, [*taken, *first], True, second)
    of_first = _halve(holds, [*taken, *of_second], bool(of_second), first)
    return [*of_first, *of_second]


def _shrunk(solver: Solver, chosen: Sequence[Change], moved: Moved) -> Settings:
    """The changes with their figures as low as found, one after the other."""
    settings: list[tuple[Change, float]] = [(change, change.most) for change in chosen]
    for index, (change, _) in enumerate(settings):
        if not change.numeric:
            continue

        def holds(value: float, index: int = index, change: Change = change) -> bool:
            found = solver.with_settings((*settings[:index], (change, value), *settings[index + 1 :]))
            return found is not None and moved(found)

        found = solver.with_settings(tuple(settings))
        needed = _up(change.demand(found.plan), change) if found is not None else 0.0
        high = needed if change.now < needed < change.most and holds(needed) else change.most
        settings[index] = (change, _lowest(holds, change.now, high, change))
    return tuple(settings)


def _lowest(holds: Callable[[float], bool], low: float, high: float, change: Change) -> float:
    """The smallest value of a figure for which something holds, to the precision, rounded up if that holds too."""
    exact = high
    while exact - low > max(PRECISION * exact, change.step):
        # Geometric while far away: a figure may be anything between what is there and a thousand times as much.
        middle = (low * exact) ** 0.5 if low > 0 and exact > 4 * low else (low + exact) / 2
        middle = ceil(middle) if change.step else middle
        if not low < middle < exact:
            break
        if holds(middle):
            exact = middle
        else:
            low = middle
    rounded = _up(exact, change)
    return rounded if rounded < high and holds(rounded) else exact


def _up(value: float, change: Change) -> float:
    """Rounded up to three digits, or to a whole piece."""
    if change.step:
        return float(ceil(value))
    if value <= 0:
        return value
    digit = 10.0 ** (floor(log10(value)) - 2)
    return ceil(value / digit) * digit


# ---------------------------------------------------------------- traffic


def _less_traffic(solver: Solver, moved: Moved) -> list[Settings]:
    found: list[Settings] = []
    if solver.inputs.request.objective == "min-cores":
        rate = solver.plan.rate_pps
        found += _largest(solver, rate_change(rate), rate, tuple(rate / d for d in LESS), moved)
    if any(load.inserts for load in solver.inputs.profile.states):
        found += _largest(solver, flows_change(solver.plan.flows), 1.0, tuple(1 / d for d in LESS), moved)
    return found


def _largest(solver: Solver, change: Change, now: float, values: Sequence[float], moved: Moved) -> list[Settings]:
    """The largest value below `now` that moves it; none if none of `values`, which fall, does."""
    holds = _with(solver, change, moved)
    low = next((value for value in values if 0 < value < now and holds(value)), None)
    if low is None:
        return []
    high = min((value for value in (*values, now) if value > low), default=now)
    while high - low > max(PRECISION * high, change.step):
        middle = _down((low + high) / 2, change) if change.step else (low + high) / 2
        if not low < middle < high:
            break
        low, high = (middle, high) if holds(middle) else (low, middle)
    rounded = _down(low, change)
    return [((change, rounded if rounded > 0 and holds(rounded) else low),)]


def _smallest_rate(solver: Solver, now: float, values: Sequence[float], moved: Moved) -> list[Settings]:
    """The lowest rate above `now` that moves it; none if none of `values`, which rise, does."""
    change = rate_change(now)
    holds = _with(solver, change, moved)
    high = next((value for value in values if holds(value)), None)
    if high is None:
        return []
    low = max(value for value in (now, *values) if value < high)
    while high - low > PRECISION * high:
        middle = (low + high) / 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    rounded = _up(high, change)
    return [((change, rounded if holds(rounded) else high),)]


def _with(solver: Solver, change: Change, moved: Moved) -> Callable[[float], bool]:
    def holds(value: float) -> bool:
        found = solver.with_settings(((change, value),))
        return found is not None and moved(found)

    return holds


def _down(value: float, change: Change) -> float:
    """Rounded down to three digits, or to a whole piece."""
    if change.step:
        return float(floor(value))
    if value <= 0:
        return value
    digit = 10.0 ** (floor(log10(value)) - 2)
    return floor(value / digit) * digit
