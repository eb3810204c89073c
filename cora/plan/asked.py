"""Predictions over a range of settings, and questions the other way round: what is needed for a rate, what fits."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from math import floor, log10
from typing import Literal

from cora.diagnostics import UserError, error
from cora.model.figures import Latency
from cora.model.schema import Model
from cora.plan.predict import Predictor
from cora.plan.prediction import Setting

Varied = Literal["cores", "host-cores", "packet-size", "flows", "rate"]
VARIED: dict[Varied, str] = {
    "cores": "cores",
    "host-cores": "host_cores",
    "packet-size": "packet_bytes",
    "flows": "flows",
    "rate": "rate_pps",
}
"""What may be varied -> the field of `Setting`."""
Wanted = Literal["cores", "flows", "target"]
WANTED: tuple[Wanted, ...] = ("cores", "flows", "target")

POINTS = 10
"""Of a range that doesn't say how many."""
MOST_FLOWS = 1e9
CLOSE = 1.001
"""Numbers of flows that are this near are one."""


@dataclass(frozen=True, slots=True)
class Over:
    """What is varied, and its values."""

    what: Varied
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Point:
    """A prediction at one value of what is varied."""

    value: float
    throughput_pps: float
    throughput_bps: float
    bottleneck: str
    latency: Latency | None
    """At the rate that is offered; None where the throughput itself is asked for."""
    doesnt_fit: str


@dataclass(frozen=True, slots=True)
class Answer:
    """To a question the other way round."""

    wanted: Wanted
    rate_pps: float | None
    value: float | None
    """Cores or flows; None if no number does, and for targets."""
    enough: tuple[tuple[str, float, float, bool], ...]
    """For targets: (name, throughput, low end of its interval, enough), all that were asked."""
    words: str


def parse_over(text: str) -> Over:
    """`cores=1..50`, `cores=1..50:5` (five points) or `packet-size=64,128,1500`. Sizes, cores and rates are spread
    evenly, flows by factors. C0626 for anything else."""
    help = "write for example --over cores=1..50, cores=1..50:5 or packet-size=64,128,1500"
    name, _, values = text.partition("=")
    known: dict[str, Varied] = {each: each for each in VARIED}
    what = known.get(name)
    if what is None:
        raise error("C0626", f"{name!r} can't be varied", help=f"what can: {', '.join(VARIED)}")
    span, _, points = values.partition(":")
    first, dots, last = span.partition("..")
    try:
        if dots:
            low, high, count = float(first), float(last), int(points) if points else POINTS
            if not 0 < low < high < float("inf") or not 2 <= count <= 1000:
                raise ValueError
            return Over(what, _spread(low, high, count, what))
        found = tuple(float(v) for v in values.split(","))
        if not all(0 < v < float("inf") for v in found):
            raise ValueError
        return Over(what, found)
    except ValueError:
        raise error("C0626", f"{values!r} is no range above 0", help=help) from None


def _spread(low: float, high: float, count: int, what: Varied) -> tuple[float, ...]:
    shares = [i / (count - 1) for i in range(count)]
    if what == "flows":
        return tuple(round(low * (high / low) ** share) for share in shares)
    values = [low + (high - low) * share for share in shares]
    return tuple(dict.fromkeys(float(round(v)) if what != "rate" else v for v in values))


def over(predictor: Predictor, base: Setting, asked: Over) -> tuple[Point, ...]:
    """A point for each value. With the placement of the base: what varies is the machine and what it is offered."""
    return tuple(_point(predictor, base, asked.what, value) for value in asked.values)


def _point(predictor: Predictor, base: Setting, what: Varied, value: float) -> Point:
    setting = dataclasses.replace(base, **{VARIED[what]: value})
    found = predictor.outcome(setting)
    latency = found.latency if setting.rate_pps is not None else None
    return Point(value, found.pps, found.bps, found.bottleneck, latency, found.doesnt_fit)


def fewest_cores(predictor: Predictor, base: Setting, rate_pps: float) -> Answer:
    """The fewest cores of the NIC (of the host where there is no NIC) that reach a rate."""
    engine = predictor.nic or predictor.model.host
    most = int(engine.count.value)

    def reached(cores: int) -> float:
        return predictor.outcome(dataclasses.replace(base, cores=float(cores))).pps

    if (best := reached(most)) < rate_pps:
        words = f"all {most} {engine.name} cores reach {best / 1e6:.2f} Mpps, which is not enough"
        return Answer("cores", rate_pps, None, (), words)
    low, high = 0, most
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if reached(middle) >= rate_pps else (middle, high)
    words = f"{high} of {most} {engine.name} cores reach {reached(high) / 1e6:.2f} Mpps"
    return Answer("cores", rate_pps, float(high), (), words)


def most_flows(predictor: Predictor, base: Setting, rate_pps: float | None) -> Answer:
    """The most flows with which everything fits, and a rate, if one is given, is reached."""
    graph = predictor.graph
    tables = [s for s in graph.program.states if s.kind == "flow_table"]
    if not tables:
        message = f"{graph.program.name} has no flow table: nothing of it grows with flows"
        raise error("C0626", message, help="ask for cores or target instead")

    def why_not(flows: float) -> str:
        found = predictor.outcome(dataclasses.replace(base, flows=flows))
        if found.doesnt_fit or rate_pps is None or found.pps >= rate_pps:
            return found.doesnt_fit
        return f"{found.pps / 1e6:.2f} Mpps are reached, limited by {found.bottleneck}"

    if reason := why_not(1.0):
        return Answer("flows", rate_pps, None, (), f"not even one flow fits: {reason}")
    low, high = 1.0, MOST_FLOWS
    reason = why_not(high)
    if not reason:
        return Answer("flows", rate_pps, high, (), f"{high:,.0f} flows fit, and more weren't tried")
    while high / low > CLOSE:
        middle = (low * high) ** 0.5
        if found := why_not(middle):
            high, reason = middle, found
        else:
            low = middle
    fits = _three_digits(low)
    declared = min(tables, key=lambda s: s.capacity)
    more = f"; {declared.name} is declared for {declared.capacity:,}" if declared.capacity < fits else ""
    return Answer("flows", rate_pps, fits, (), f"{fits:,.0f} flows fit{more}. Beyond: {reason}")


def _three_digits(value: float) -> float:
    digit = 10.0 ** (floor(log10(value)) - 2)
    return max(1.0, floor(value / digit + 1e-9) * digit)


def enough(models: tuple[Model, ...], predict: Callable[[Model], Predictor], rate_pps: float) -> Answer:
    """Which of the targets reach a rate; what can't run the program at all is not among them."""
    rows: list[tuple[str, float, float, bool]] = []
    for model in models:
        try:
            found = predict(model).at()
        except UserError:
            continue
        fits = found.throughput_pps >= rate_pps and not found.doesnt_fit
        rows.append((model.name, found.throughput_pps, found.interval_pps.low, fits))
    rows.sort(key=lambda row: -row[1])
    able = [name for name, _, _, fits in rows if fits]
    sure = [name for name, _, low, fits in rows if fits and low >= rate_pps]
    words = f"enough: {', '.join(able) or 'none'}; enough over all ranges: {', '.join(sure) or 'none'}"
    return Answer("target", rate_pps, None, tuple(rows), words)
