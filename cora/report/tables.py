"""Tables of the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cora.analysis.graph import StateGraph
from cora.model.figures import Latency, Ranges, amount, duration
from cora.model.resources import quantity
from cora.plan.plan import Plan, Score, StatePlacement
from cora.plan.reasons import percent
from cora.plan.render import range_rows, sensitivity_cells
from cora.report.charts import bar
from cora.report.figures import cores_words
from cora.report.markup import Markup, element, join


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a table, and by which number it is sorted, if it is one."""

    content: str
    value: float | None = None


Entry = str | Cell


def table(caption: str, columns: Sequence[str], rows: Sequence[Sequence[Entry]], chosen: int = -1) -> Markup:
    """A table whose first column names the row. A column is right-aligned if its cells have numbers; `chosen` marks a
    row. In a browser with scripts it can be sorted."""
    numeric = [any(isinstance(row[at], Cell) for row in rows) for at in range(len(columns))]
    head = [
        element("th", name, scope="col", class_="number" if numeric[at] else None) for at, name in enumerate(columns)
    ]
    body = [_row(row, numeric, index == chosen) for index, row in enumerate(rows)]
    return element(
        "div",
        element(
            "table",
            element("caption", caption),
            element("thead", element("tr", *head)),
            element("tbody", *body),
            class_="sortable",
        ),
        class_="wide-table",
    )


def _row(row: Sequence[Entry], numeric: Sequence[bool], chosen: bool) -> Markup:
    cells: list[Markup] = []
    for at, entry in enumerate(row):
        cell = entry if isinstance(entry, Cell) else Cell(entry)
        style = "number" if numeric[at] else None
        value = None if cell.value is None else f"{cell.value:.10g}"
        if at == 0:
            cells.append(element("th", cell.content, scope="row", class_=style, data_value=value))
        else:
            cells.append(element("td", cell.content, class_=style, data_value=value))
    return element("tr", *cells, class_="chosen" if chosen else None)


def strategies(plan: Plan) -> Markup:
    """The plan and its baselines, side by side."""
    rows: list[list[Entry]] = []
    for score in (plan.score, *plan.baselines):
        name = f"{score.strategy} (this plan)" if score is plan.score else score.strategy
        rows.append([name, *_figures(score), score.reason or "fits"])
    columns = ("strategy", "host cores (whole)", "NIC cores", "up to", "bottleneck", "does it fit")
    return table("Every strategy is scored on the same model, traffic and limits.", columns, rows, chosen=0)


def _figures(score: Score) -> list[Entry]:
    if not score.loads:
        return [Cell("-", float("inf")), Cell("-", float("inf")), Cell("-", -1.0), "-"]
    return [
        Cell(cores_words(score.host_cores), score.host_cores),
        Cell(f"{score.nic_cores:.2f}", score.nic_cores),
        Cell(quantity(score.throughput_pps, "pps"), score.throughput_pps),
        score.bottleneck,
    ]


def latencies(plan: Plan) -> Markup:
    """Of all that is forwarded, by strategy; then of each class under the plan, the largest first."""
    rows: list[list[Entry]] = []
    for score in (plan.score, *plan.baselines):
        if score.latency is not None:
            name = f"{score.strategy} (this plan)" if score is plan.score else score.strategy
            rows.append([name, *_times(score.latency)])
    columns = ("strategy", "no queues", "mean", "p50", "p99", "queue")
    shown = table("What is forwarded, by strategy.", columns, rows, chosen=0)
    rows = []
    for outcome in sorted(plan.classes, key=lambda c: -c.share):
        if outcome.latency is not None:
            rows.append([outcome.name, Cell(percent(outcome.share), outcome.share), *_times(outcome.latency)])
    columns = ("class", "of all packets", "no queues", "mean", "p50", "p99", "queue")
    caption = "Each class under this plan; what is dropped, until it is."
    return join(shown, table(caption, columns, rows))


def _times(latency: Latency) -> list[Entry]:
    times = (latency.unloaded_ns, latency.mean_ns, latency.p50_ns, latency.p99_ns)
    cells: list[Entry] = [Cell(duration(time), float("inf") if time is None else time) for time in times]
    return [*cells, f"full: {latency.full}" if latency.full else ""]


def over_ranges(plan: Plan, over: Ranges) -> Markup:
    """The plan's figures over the ranges of the model's numbers."""
    rows: list[list[Entry]] = [list(row) for row in range_rows(plan, over)]
    return table("Each figure, and its lowest and highest value.", ("figure", "planned", "from", "to"), rows)


def rests_on(over: Ranges) -> Markup:
    """What single numbers of the model do to the figures, what matters most first."""
    rows: list[list[Entry]] = []
    for place, one in enumerate(over.sensitivities, 1):
        span, cores, reached, mean = sensitivity_cells(one)
        value, breaks = amount(one.value, one.unit), f"{one.breaks_at} end: {one.breaks}" if one.breaks_at else ""
        rank = Cell(str(place), place)
        rows.append([one.parameter, rank, value, span, one.confidence, cores, reached, mean, breaks])
    columns = (
        "number",
        "rank",
        "value",
        "range",
        "origin",
        "host cores",
        "up to",
        "mean latency",
        "it doesn't hold at",
    )
    return table("Each number alone over its range; those that move nothing by 0.1% are left out.", columns, rows)


def loads(plan: Plan) -> Markup:
    """Demand on every resource at the planned rate, the tightest first."""
    rows: list[list[Entry]] = []
    for load in sorted(plan.score.loads, key=lambda load: -load.utilisation):
        used, there = quantity(load.demand, load.unit), quantity(load.capacity, load.unit)
        share = percent(load.utilisation)
        mark = element("span", "assumed", class_="mark", title="a number behind it is an assumption of the model")
        rows.append(
            [
                load.resource,
                Cell(used, load.demand),
                Cell(there, load.capacity),
                Cell(share, load.utilisation),
                bar(load.utilisation, f"{load.resource}: {share} of {there}"),
                mark if load.assumed else "",
            ]
        )
    caption = "At the planned rate. Resources of which less than 0.01% is used are left out."
    return table(caption, ("resource", "used", "there", "share", "utilisation", "numbers"), rows)


def states(graph: StateGraph, plan: Plan) -> Markup:
    """Each group of states: how it is kept, where, and why."""
    facts = {group.name: group for group in graph.groups}
    rows: list[list[Entry]] = []
    for state in plan.states:
        group = facts[state.group]
        kinds = ", ".join(f"{f.name} ({f.update.replace('_', ' ')}, {f.capacity:,} entries)" for f in group.states)
        where = join(element("span", state.owner, class_="engine"), " owns")
        if state.copies_on:
            where = join(where, f", {', '.join(state.copies_on)} holds {_held(state)}")
        refused = "; ".join(dict.fromkeys(reason for _, _, reason in group.conflicts))
        reason = join(state.reason, element("br"), f"No copies: {refused}") if refused else state.reason
        rows.append([state.group, kinds, state.mode, where, state.memory, reason])
    columns = ("group", "states", "mode", "place", "memory", "why")
    return table("States that depend on each other form a group and are kept together.", columns, rows)


def _held(state: StatePlacement) -> str:
    if state.mode == "merged":
        return "its own counts"
    what = "records of flows" if state.mode == "sharded" else "copies"
    return f"up to {state.copy_entries:,} {what}" if state.copy_entries else f"{what} of all"


def classes(plan: Plan) -> Markup:
    """Each class of the traffic, the largest first: where it runs and why no more of it runs on the NIC."""
    rows: list[list[Entry]] = []
    for outcome in sorted(plan.classes, key=lambda c: -c.share):
        pieces = [
            join(element("span", engine.replace("|", " | ").strip(), class_="engine"), ": ", " › ".join(names))
            for engine, names in plan.runs(outcome)
        ]
        path = element("span", join(*pieces, between=element("br")), class_="path")
        rows.append(
            [
                outcome.name,
                Cell(percent(outcome.share), outcome.share),
                outcome.verdict,
                Cell(percent(outcome.nic_share), outcome.nic_share),
                path,
                outcome.reason or "nothing is left",
            ]
        )
    columns = ("class", "of all packets", "ends", "served by the NIC", "path", "why not more")
    caption = "A path reads “a | b” where resident packets run on a, all others on b; “| b” is for what a probe misses."
    return table(caption, columns, rows)


def residency(plan: Plan) -> Markup:
    """Each residency lookup as its two stages, with what each takes."""
    rows: list[list[Entry]] = []
    for lookup in plan.residency:
        for name, work in ((lookup.probe_name, lookup.probe), (lookup.stage, lookup.lookup)):
            probing = work is lookup.probe
            rows.append(
                [
                    name,
                    element("span", work.engine, class_="engine"),
                    Cell(quantity(work.packets_pps, "pps"), work.packets_pps),
                    Cell(f"{work.cycles:.0f}", work.cycles),
                    Cell(f"{work.waiting_cycles:.0f}", work.waiting_cycles),
                    Cell(f"{work.cores:.2f}", work.cores),
                    Cell(quantity(work.memory_operations_per_s, "/s"), work.memory_operations_per_s),
                    f"{quantity(lookup.copy_bytes, 'B')} of {work.memory}" if probing else "",
                    f"{quantity(lookup.insertions_per_s, '/s')}" if probing else "",
                ]
            )
    columns = ("stage", "on", "packets", "cycles each", "waiting", "cores", "memory operations", "copies", "given")
    caption = (
        "A probe asks the copies on the NIC; what it misses is looked up again on the owner. Both are among the loads."
    )
    return table(caption, columns, rows)


def hashes(inputs: Mapping[str, str]) -> Markup:
    """What the bundle was made from."""
    rows = [[name, element("code", digest)] for name, digest in sorted(inputs.items())]
    return table("SHA-256 of each input.", ("input", "SHA-256"), rows)
