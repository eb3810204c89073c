"""Predictions for people, as tables for the terminal, and for programs, as JSON values. Docs: docs/predicting.md."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from cora.model.bounds import Limit
from cora.model.figures import Latency, amount, duration
from cora.model.resources import quantity
from cora.plan.asked import Answer, Point, Varied
from cora.plan.prediction import SCHEMA, AtLoad, Influence, Prediction
from cora.plan.render import plain_table

SHOWN = 5
"""Limits and influences in the terminal; JSON has them all."""

Json = dict[str, object]


def mpps(rate_pps: float) -> str:
    return f"{rate_pps / 1e6:.2f} Mpps"


def summary(found: Prediction, asked_pps: float | None) -> RenderableType:
    """Everything about one prediction; `asked_pps` is the rate that is offered, if one is."""
    parts: list[RenderableType] = [Text(f"{found.program} on {found.target}", style="bold"), Text(_setting(found))]
    parts += [Text(), *_figures(found, asked_pps), Text(), _limits(found.limits), Text()]
    if found.latency:
        parts += [_latency(found.latency), Text()]
    if found.influences:
        parts += [_influences(found.influences), Text()]
    parts += [Text(line) for line in (*_where(found), *(f"note: {note}" for note in found.notes))]
    return Group(*parts)


def _setting(found: Prediction) -> str:
    firmware = f", {found.firmware} firmware" if found.firmware else ""
    size = f"{found.packet_bytes:.0f}-byte packets"
    return f"{found.strategy}, {found.cores:g} cores{firmware}, {size}; {found.traffic}"


def _figures(found: Prediction, asked_pps: float | None) -> list[RenderableType]:
    low, high = found.interval_pps.low, found.interval_pps.high or found.interval_pps.low
    lines = [
        f"throughput  {mpps(found.throughput_pps)} ({quantity(found.throughput_bps, 'b/s')}), "
        f"{mpps(low)} to {mpps(high)} over the ranges of the model's numbers",
        f"bottleneck  {found.bottleneck}",
    ]
    if asked_pps is not None:
        enough = "is reached" if asked_pps <= found.throughput_pps else "is more than is reached"
        lines.append(f"offered     {mpps(asked_pps)} {enough}")
    if found.doesnt_fit:
        lines.append(f"doesn't fit {found.doesnt_fit}")
    slowest = found.slowest
    end = slowest.verdict if slowest.verdict in ("forward", "dropped") else f"dropped: {slowest.verdict}"
    lines.append(f"slowest     {mpps(slowest.throughput_pps)} if all packets take the slowest {slowest.kind} ({end}),")
    lines.append(f"            limited by {slowest.bottleneck}")
    return [Text(line) for line in lines]


def _limits(limits: Sequence[Limit]) -> Table:
    table = plain_table("Limits, each by itself", "resource", "full at", "", numbers=[1])
    for limit in limits[:SHOWN]:
        table.add_row(limit.resource, mpps(limit.rate_pps), "* assumed" if limit.assumed else "")
    return table


def _latency(rows: Sequence[AtLoad]) -> Table:
    title = "Latency of what is forwarded (of all, if nothing is)"
    table = plain_table(title, "load", "rate", "no queues", "mean", "p50", "p99", numbers=[0, 1, 2, 3, 4, 5])
    for row in rows:
        table.add_row(f"{100 * row.share:.0f}%", mpps(row.rate_pps), *_times(row.latency))
    return table


def _times(latency: Latency) -> tuple[str, str, str, str]:
    times = (latency.unloaded_ns, latency.mean_ns, latency.p50_ns, latency.p99_ns)
    without, mean, p50, p99 = (duration(time) for time in times)
    return without, mean, p50, p99


def _influences(rows: Sequence[Influence]) -> Table:
    table = plain_table("What the throughput rests on", "number", "from", "is", "to", "throughput from", "to",
                        numbers=[1, 2, 3, 4, 5])  # fmt: skip
    for row in rows[:SHOWN]:
        figures = (amount(value, row.unit) for value in (row.low, row.value, row.high))
        table.add_row(row.parameter, *figures, mpps(row.at_low_pps), mpps(row.at_high_pps))
    return table


def _where(found: Prediction) -> list[str]:
    cycles = ", ".join(f"{cycles:,.1f} cycles on {engine}" for engine, cycles in found.cycles)
    lines = [f"a packet: {cycles}"] if cycles else []
    homes: dict[str, list[str]] = {}
    for state, memory in found.memories:
        homes.setdefault(memory, []).append(state)
    return [*lines, *(f"in {memory}: {', '.join(states)}" for memory, states in homes.items())]


def side_by_side(found: Sequence[Prediction]) -> RenderableType:
    """Predictions of one program for several targets."""
    columns = ("target", "strategy", "throughput", "from", "to", "slowest", "bottleneck", "")
    table = plain_table(f"{found[0].program}: {found[0].traffic}", *columns, numbers=[2, 3, 4, 5])
    for each in found:
        high = each.interval_pps.high or each.interval_pps.low
        rates = (each.throughput_pps, each.interval_pps.low, high, each.slowest.throughput_pps)
        table.add_row(each.target, each.strategy, *map(mpps, rates), each.bottleneck, each.doesnt_fit)
    notes = [Text(f"{each.target}: {note}") for each in found for note in each.notes]
    return Group(table, *([Text()] if notes else []), *notes)


_HEADS: dict[Varied, str] = {
    "cores": "cores",
    "host-cores": "host cores",
    "packet-size": "bytes",
    "flows": "flows",
    "rate": "offered",
}


def points_table(title: str, what: Varied, points: Sequence[Point]) -> Table:
    """A row for each value of what is varied."""
    latency = any(point.latency is not None for point in points)
    columns = [_HEADS[what], "throughput", "", "bottleneck", *(["mean", "p50", "p99"] if latency else []), ""]
    table = plain_table(title, *columns, numbers=[0, 1, 2, *([4, 5, 6] if latency else [])])
    for point in points:
        value = mpps(point.value) if what == "rate" else f"{point.value:,.0f}"
        times = () if not latency else ("", "", "") if point.latency is None else _times(point.latency)[1:]
        rates = (mpps(point.throughput_pps), quantity(point.throughput_bps, "b/s"))
        table.add_row(value, *rates, point.bottleneck, *times, point.doesnt_fit)
    return table


def answer_text(found: Answer) -> RenderableType:
    """The answer to a question the other way round."""
    if not found.enough:
        return Text(found.words)
    table = plain_table("", "target", "throughput", "at least", "", numbers=[1, 2])
    for name, reached, low, enough in found.enough:
        table.add_row(name, mpps(reached), mpps(low), "enough" if enough else "not enough")
    return Group(table, Text(), Text(found.words))


# ---------------------------------------------------------------- JSON


def _number(value: float) -> float:
    """Nine digits are more than any figure has, and the same on every machine."""
    return float(f"{value:.9g}")


def _latency_json(latency: Latency) -> Json:
    times = {"unloaded_ns": latency.unloaded_ns, "mean_ns": latency.mean_ns, "p50_ns": latency.p50_ns}
    times |= {"p99_ns": latency.p99_ns}
    return {**{name: None if t is None else _number(t) for name, t in times.items()}, "full": latency.full}


def prediction_json(found: Prediction) -> Json:
    """A prediction as a JSON value; rates in Mpps, times in ns."""
    high = found.interval_pps.high or found.interval_pps.low
    return {
        "schema": SCHEMA,
        "program": found.program,
        "target": found.target,
        "firmware": found.firmware,
        "strategy": found.strategy,
        "traffic": found.traffic,
        "cores": found.cores,
        "host_cores": found.host_cores,
        "packet_size_bytes": _number(found.packet_bytes),
        "flows": _number(found.flows),
        "throughput_mpps": _number(found.throughput_pps / 1e6),
        "interval_mpps": [_number(found.interval_pps.low / 1e6), _number(high / 1e6)],
        "throughput_gbps": _number(found.throughput_bps / 1e9),
        "bottleneck": found.bottleneck,
        "fits": not found.doesnt_fit,
        "doesnt_fit": found.doesnt_fit,
        "slowest": {
            "kind": found.slowest.kind,
            "path": list(found.slowest.path),
            "verdict": found.slowest.verdict,
            "throughput_mpps": _number(found.slowest.throughput_pps / 1e6),
            "bottleneck": found.slowest.bottleneck,
        },
        "cycles": {engine: _number(cycles) for engine, cycles in found.cycles},
        "memories": dict(found.memories),
        "limits": [
            {"resource": x.resource, "mpps": _number(x.rate_pps / 1e6), "assumed": x.assumed} for x in found.limits
        ],
        "latency": [
            {"load": _number(x.share), "mpps": _number(x.rate_pps / 1e6), **_latency_json(x.latency)}
            for x in found.latency
        ],
        "rests_on": [
            {
                "number": x.parameter,
                "range": [_number(x.low), _number(x.high)],
                "value": _number(x.value),
                "unit": x.unit,
                "throughput_mpps": [_number(x.at_low_pps / 1e6), _number(x.at_high_pps / 1e6)],
            }
            for x in found.influences
        ],
        "notes": list(found.notes),
    }


def points_json(program: str, target: str, what: Varied, points: Sequence[Point]) -> Json:
    rows: list[Json] = [
        {
            what: _number(point.value),
            "throughput_mpps": _number(point.throughput_pps / 1e6),
            "throughput_gbps": _number(point.throughput_bps / 1e9),
            "bottleneck": point.bottleneck,
            "fits": not point.doesnt_fit,
            "doesnt_fit": point.doesnt_fit,
            **({} if point.latency is None else {"latency": _latency_json(point.latency)}),
        }
        for point in points
    ]
    return {"schema": SCHEMA, "program": program, "target": target, "over": what, "points": rows}


def answer_json(program: str, target: str, found: Answer) -> Json:
    """`target` is "" where targets are what is asked for."""
    head: Json = {"schema": SCHEMA, "program": program, **({"target": target} if target else {})}
    head |= {"find": found.wanted, "rate_mpps": None if found.rate_pps is None else _number(found.rate_pps / 1e6)}
    if found.wanted != "target":
        return {**head, "value": found.value, "words": found.words}
    rows = [
        {"target": name, "throughput_mpps": _number(pps / 1e6), "at_least_mpps": _number(low / 1e6), "enough": fits}
        for name, pps, low, fits in found.enough
    ]
    return {**head, "targets": rows, "words": found.words}
