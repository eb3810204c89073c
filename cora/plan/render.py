"""Plans as tables for the terminal: one in full, or several side by side. The functions return rich renderables."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from cora.model.figures import Interval, Latency, Ranges, Sensitivity, amount, duration
from cora.model.resources import quantity
from cora.plan.plan import ClassOutcome, Plan, Score, StatePlacement, Work
from cora.plan.reasons import copies_words, percent

SMALLEST_SHARE = 0.0005
"""Classes with less of the packets are summed up in one row of the comparison."""


def summary(plan: Plan) -> RenderableType:
    """Everything about one plan."""
    parts: list[RenderableType] = [Text(f"{plan.program} on {plan.target}", style="bold"), _headline(plan), Text()]
    parts += [_scores(plan), Text(), _latencies(plan), Text()]
    if plan.ranges is not None:
        parts += [_figures_over(plan, plan.ranges), Text(), _rests_on(plan.ranges), Text()]
    parts += [_loads(plan), Text(), _states(plan), Text(), *_lookups(plan), _classes(plan)]
    notes = [Text(f"running plan: {plan.migration.reason}")] if plan.migration is not None else []
    notes += [Text(f"note: {note}") for note in plan.notes]
    notes += [Text(f"assumption: {note}") for note in plan.assumptions]
    return Group(*parts, *([Text()] if notes else []), *notes)


def comparison(plans: Sequence[Plan]) -> RenderableType:
    """Plans of one program side by side: cores, throughput, states, classes; then the reasons of each."""
    title = f"{plans[0].program}: {', '.join(plan.target for plan in plans)}"
    parts: list[RenderableType] = [
        Text(title, style="bold"),
        Text(),
        _figures(plans),
        Text(),
        _states_of(plans),
        Text(),
    ]
    parts += [Text(), _classes_of(plans)]
    for plan in plans:
        parts += [Text(), Text(f"{plan.target}: why", style="bold"), *_reasons(plan)]
    return Group(*parts)


def plain_table(title: str, *columns: str, numbers: Sequence[int] = ()) -> Table:
    """A table without lines, its title above; the columns in `numbers` are right-aligned."""
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    for index, column in enumerate(columns):
        table.add_column(column, justify="right" if index in numbers else "left", overflow="fold")
    return table


def host_only_score(plan: Plan) -> Score | None:
    """The reference that a plan is measured by, if it was scored."""
    if plan.strategy == "host-only":
        return plan.score
    return next((score for score in plan.baselines if score.strategy == "host-only"), None)


def _headline(plan: Plan) -> Text:
    gap = "optimal" if plan.gap == 0 else f"within {percent(plan.gap)} of the bound"
    traffic = f"{quantity(plan.flows, '')} flows, {quantity(plan.flow_arrivals_per_s, '')} new a second"
    return Text(f"{plan.objective} by {plan.strategy}, {gap}; {quantity(plan.rate_pps, 'pps')}, {traffic}")


def _cores(score: Score) -> str:
    """Fractional, and whole cores for hosts that poll."""
    whole = int(-(-(score.host_cores - 1e-9) // 1))
    return f"{score.host_cores:.2f} ({whole})"


def _scores(plan: Plan) -> Table:
    table = plain_table(
        "Strategies (host cores: fractional, and whole for hosts that poll)",
        "strategy", "host cores", "NIC cores", "up to", "bottleneck", "", numbers=[1, 2, 3],
    )  # fmt: skip
    for score in (plan.score, *plan.baselines):
        if not score.loads:
            table.add_row(score.strategy, "-", "-", "-", "-", score.reason)
            continue
        reached = quantity(score.throughput_pps, "pps")
        table.add_row(
            score.strategy, _cores(score), f"{score.nic_cores:.2f}", reached, score.bottleneck, score.reason or "fits"
        )
    return table


def latency_cells(latency: Latency | None) -> tuple[str, str, str, str]:
    """Without queues, mean, median and 99th percentile, for people."""
    if latency is None:
        return "-", "-", "-", "-"
    times = (latency.unloaded_ns, latency.mean_ns, latency.p50_ns, latency.p99_ns)
    without, mean, p50, p99 = (duration(time) for time in times)
    return without, mean, p50, p99


def _latencies(plan: Plan) -> Table:
    table = plain_table(
        "Latency of what is forwarded, as modelled", "strategy", "no queues", "mean", "p50", "p99", "",
        numbers=[1, 2, 3, 4],
    )  # fmt: skip
    reference = host_only_score(plan)
    for score in (plan.score, *([reference] if reference and reference is not plan.score else [])):
        full = score.latency.full if score.latency else ""
        table.add_row(score.strategy, *latency_cells(score.latency), f"full: {full}" if full else "")
    return table


SENSITIVITIES = 6
"""Shown in the terminal; plan.json and the report have all that matter."""


def _figures_over(plan: Plan, over: Ranges) -> Table:
    title = f"Figures over the ranges of {over.parameters} numbers of the model (this placement, not planned again)"
    table = plain_table(title, "figure", "planned", "from", "to", numbers=[1, 2, 3])
    for name, planned, low, high in range_rows(plan, over):
        table.add_row(name, planned, low, high)
    return table


def range_rows(plan: Plan, over: Ranges) -> list[tuple[str, str, str, str]]:
    """(figure, planned, from, to), for people."""
    rows: list[tuple[str, str, str, str]] = []

    def row(name: str, planned: float | None, span: Interval, words: Callable[[float | None], str]) -> None:
        rows.append((name, words(planned), words(span.low), words(span.high)))

    score, latency = plan.score, plan.score.latency
    reference = host_only_score(plan)
    row("host cores", score.host_cores, over.host_cores, lambda x: f"{x:.2f}")
    if reference is not None and reference is not score and reference.host_cores > 0:
        row("host cores, all on the host", reference.host_cores, over.host_only_cores, lambda x: f"{x:.2f}")
        row("saved", 1 - score.host_cores / reference.host_cores, over.saved, lambda x: percent(x or 0.0))
    row("throughput", score.throughput_pps, over.throughput_pps, lambda x: quantity(x or 0.0, "pps"))
    if latency is not None:
        row("mean latency", latency.mean_ns, over.mean_ns, duration)
        row("p50", latency.p50_ns, over.p50_ns, duration)
        row("p99", latency.p99_ns, over.p99_ns, duration)
    return rows


def _rests_on(over: Ranges) -> Table:
    table = plain_table(
        "What the figures rest on, what matters most first (each alone over its range)",
        "number", "range", "host cores", "up to", "mean latency", "", numbers=[2, 3, 4],
    )  # fmt: skip
    for one in over.sensitivities[:SENSITIVITIES]:
        breaks = f"too little at the {one.breaks_at} end" if one.breaks_at else ""
        table.add_row(one.parameter, *sensitivity_cells(one), breaks)
    more = len(over.sensitivities) - SENSITIVITIES
    if more > 0:
        table.add_row(f"and {more} that matter less", "", "", "", "", "")
    return table


def sensitivity_cells(one: Sensitivity) -> tuple[str, str, str, str]:
    """The range of a number, and the host cores, throughput and mean latency over it, for people."""
    low, high = one.host_cores.low, one.host_cores.high or 0.0
    reached = [quantity(x or 0.0, "pps") for x in (one.throughput_pps.low, one.throughput_pps.high)]
    times = [duration(one.latency_ns.low), duration(one.latency_ns.high)]
    cores = [f"{low:.2f}", f"{high:.2f}"]
    span = span_words([amount(one.low, one.unit), amount(one.high, one.unit)])
    return span, span_words(cores), span_words(reached), span_words(times)


def span_words(ends: Sequence[str]) -> str:
    """ "3 to 4 us": a unit that both ends have stands once."""
    first, last = ends
    if first == last:
        return first
    (one, _, unit), (_, _, other) = first.partition(" "), last.partition(" ")
    return f"{one} to {last}" if unit == other else f"{first} to {last}"


def _loads(plan: Plan) -> Table:
    table = plain_table("Loads (* rests on assumed numbers)", "resource", "used", "there", "", numbers=[1, 2, 3])
    for load in sorted(plan.score.loads, key=lambda x: -x.utilisation):
        used, there = quantity(load.demand, load.unit), quantity(load.capacity, load.unit)
        table.add_row(load.resource, used, there, percent(load.utilisation) + ("*" if load.assumed else " "))
    return table


def _place(state: StatePlacement) -> str:
    match state.mode:
        case "exclusive":
            return state.owner
        case _:
            return f"{state.owner} + {', '.join(state.copies_on)}"


def _states(plan: Plan) -> Table:
    table = plain_table("State", "states", "mode", "where", "memory", "why")
    for state in plan.states:
        table.add_row(", ".join(state.states), state.mode, _place(state), state.memory, state.reason)
    return table


def _lookups(plan: Plan) -> list[RenderableType]:
    """What it takes to tell resident packets from others: a row for each probe and for the lookup behind it."""
    if not plan.residency:
        return []
    table = plain_table(
        "Residency lookups (the NIC asks its copies; the owner looks up what they miss)",
        "stage", "on", "packets", "cycles each", "cores", "memory operations", numbers=[2, 3, 4, 5],
    )  # fmt: skip
    for lookup in plan.residency:
        table.add_row(lookup.probe_name, *_work(lookup.probe))
        table.add_row(lookup.stage, *_work(lookup.lookup))
    return [table, *(Text(f"{lookup.probe_name}: {copies_words(lookup)}") for lookup in plan.residency), Text()]


def _work(work: Work) -> tuple[str, str, str, str, str]:
    waiting = f" + {work.waiting_cycles:.0f} waiting" if work.waiting_cycles >= 0.5 else ""
    operations = f"{quantity(work.memory_operations_per_s, '/s')} of {work.memory}"
    return (
        work.engine,
        quantity(work.packets_pps, "pps"),
        f"{work.cycles:.0f}{waiting}",
        f"{work.cores:.2f}",
        operations if work.memory_operations_per_s else "in its cycles",
    )


def _path(plan: Plan, outcome: ClassOutcome) -> str:
    """The path as runs of stages on one engine, see `Plan.runs`."""
    return "  ".join(f"{engine}: {' > '.join(names)}" for engine, names in plan.runs(outcome))


def _classes(plan: Plan) -> Table:
    table = plain_table(
        "Traffic (a|b: resident packets on a, others on b; |b: those that the probe before missed)",
        "class", "share", "ends", "on the NIC", "path", "why not more", numbers=[1, 3],
    )  # fmt: skip
    for outcome in sorted(plan.classes, key=lambda c: -c.share):
        share, served = percent(outcome.share), percent(outcome.nic_share)
        table.add_row(outcome.name, share, outcome.verdict, served, _path(plan, outcome), outcome.reason)
    return table


# ---------------------------------------------------------------- side by side


def _figures(plans: Sequence[Plan]) -> Table:
    table = plain_table("", "", *(plan.target for plan in plans), numbers=range(1, len(plans) + 1))
    references = [host_only_score(plan) for plan in plans]

    def row(label: str, cells: Sequence[str]) -> None:
        table.add_row(label, *cells)

    row("planned for", [quantity(p.rate_pps, "pps") for p in plans])
    row("flows", [quantity(p.flows, "") for p in plans])
    row("host cores, all on the host", [_reference(r) for r in references])
    row("host cores, this plan", [_cores(p.score) for p in plans])
    row("saved", [_saved(p, r) for p, r in zip(plans, references, strict=True)])
    if all(p.ranges for p in plans):
        row("host cores over the model's ranges", [_cores_over(p) for p in plans])
    row("moved to NIC cores", [f"{p.score.nic_cores:.2f}" for p in plans])
    row("packets served by the NIC", [percent(p.served_share) for p in plans])
    row("throughput", [quantity(p.score.throughput_pps, "pps") for p in plans])
    row("bottleneck", [p.score.bottleneck for p in plans])
    row("latency (mean, p99), all on the host", [_mean_and_p99(r) for r in references])
    row("latency (mean, p99), this plan", [_mean_and_p99(p.score) for p in plans])
    for strategy in ("nic-only", "state-only", "traffic-only", "max-offload", "greedy"):
        found = [next((s for s in p.baselines if s.strategy == strategy), None) for p in plans]
        if any(found):
            row(f"host cores, {strategy}", [_baseline(s) for s in found])
    row("gap to the bound", [percent(p.gap) for p in plans])
    return table


def _reference(score: Score | None) -> str:
    if score is None:
        return "-"
    return _cores(score) if score.feasible else f"{_cores(score)} overloaded"


def _cores_over(plan: Plan) -> str:
    assert plan.ranges is not None
    span = plan.ranges.host_cores
    return span_words([f"{span.low:.2f}", f"{span.high or 0.0:.2f}"])


def _mean_and_p99(score: Score | None) -> str:
    if score is None or score.latency is None:
        return "-"
    if score.latency.full:
        return f"no bound (full: {score.latency.full})"
    return f"{duration(score.latency.mean_ns)}, {duration(score.latency.p99_ns)}"


def _saved(plan: Plan, reference: Score | None) -> str:
    if reference is None or reference.host_cores <= 0 or not reference.feasible:
        return "-"
    return percent(1 - plan.score.host_cores / reference.host_cores)


def _baseline(score: Score | None) -> str:
    if score is None:
        return "-"
    return _cores(score) if score.feasible else "impossible"


def _states_of(plans: Sequence[Plan]) -> Table:
    table = plain_table("State: mode and place", "states", *(plan.target for plan in plans))
    for place, state in enumerate(plans[0].states):
        cells = [plan.states[place] for plan in plans]
        table.add_row(", ".join(state.states), *(f"{s.mode}: {_place(s)} ({s.memory})" for s in cells))
    return table


def _classes_of(plans: Sequence[Plan]) -> Table:
    title = "Traffic: share of the class that the NIC serves"
    table = plain_table(title, "class", "of all", *(p.target for p in plans), numbers=range(1, len(plans) + 2))
    shown = [c for c in plans[0].classes if c.share >= SMALLEST_SHARE]
    for outcome in sorted(shown, key=lambda c: -c.share):
        cells = [next((c for c in plan.classes if c.name == outcome.name), None) for plan in plans]
        table.add_row(outcome.name, percent(outcome.share), *(percent(c.nic_share) if c else "-" for c in cells))
    rest = [c.name for c in plans[0].classes if c.share < SMALLEST_SHARE]
    if rest:
        share = sum(c.share for c in plans[0].classes if c.name in rest)
        served = [sum(c.share * c.nic_share for c in p.classes if c.name in rest) / share for p in plans]
        table.add_row(f"{len(rest)} smaller classes", percent(share), *(percent(s) for s in served))
    return table


def _reasons(plan: Plan) -> list[RenderableType]:
    states = plain_table("", "state", "why there")
    for state in plan.states:
        states.add_row(", ".join(state.states), state.reason)
    classes = plain_table("", "class", "path", "why not more on the NIC")
    for outcome in sorted(plan.classes, key=lambda c: -c.share):
        if outcome.share >= SMALLEST_SHARE:
            classes.add_row(outcome.name, _path(plan, outcome), outcome.reason)
    return [states, *_lookups(plan), classes, *(Text(f"note: {note}") for note in (*plan.notes, *plan.assumptions))]
