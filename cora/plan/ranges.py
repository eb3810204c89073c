"""What a plan's figures rest on: the chosen placement, scored with uncertain numbers at the ends of their ranges.

Each number with a range is put to either end while the others stay, which gives the sensitivities; then all at once, to
the ends that are best and worst for a figure. Nothing is planned again: these are the figures of this placement if the
machine is another than the model says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from cora.model.evaluate import evaluate
from cora.model.figures import Interval, Latency, Ranges, Sensitivity
from cora.model.latency import Latencies
from cora.model.parameters import Parameter, parameters, with_values
from cora.model.placement import Placement
from cora.model.scenario import Scenario

SHOWN = 1e-3
"""What moves no figure by this share of it doesn't matter."""


@dataclass(frozen=True, slots=True)
class _Figures:
    """Of the placement on one machine. Latencies and saved shares are those under the same numbers."""

    host_cores: float
    host_only_cores: float
    throughput_pps: float
    bottleneck: str
    latency: Latency
    reason: str

    @property
    def saved(self) -> float:
        return 1 - self.host_cores / self.host_only_cores if self.host_only_cores else 0.0


@dataclass(frozen=True, slots=True)
class _Swing:
    """The figures with one number at its low and at its high end."""

    parameter: Parameter
    low: _Figures
    high: _Figures


_Figure = Callable[[_Figures], float]
"""A figure as a number of which more is worse."""

_BAD: dict[str, _Figure] = {
    "host cores": lambda f: f.host_cores,
    "throughput": lambda f: -f.throughput_pps,
    "latency": lambda f: float("inf") if f.latency.mean_ns is None else f.latency.mean_ns,
    "saved": lambda f: -f.saved,
}


class _Judge:
    """Scores a placement on variants of the model."""

    def __init__(
        self, scenario: Scenario, placement: Placement, alone: Placement, host_cores: float | None, share: float
    ) -> None:
        self.scenario = scenario
        self.placement = placement
        self.alone = alone
        self.host_cores = host_cores
        self.share = share
        self.reference = evaluate(scenario, alone).host_cores
        host = len(scenario.model.engines) - 1
        of_host = [i for i, m in enumerate(scenario.model.memories) if m.engine == scenario.model.host.name]
        self.host_paths = {("engines", host), *(("memories", i) for i in of_host)}

    def at(self, settings: Iterable[tuple[Parameter, float]], *, quantiles: bool = False) -> _Figures:
        values = dict(settings)
        scenario = self.scenario.on(with_values(self.scenario.model, values))
        found = evaluate(scenario, self.placement, self.host_cores)
        if not found.journeys:
            unknown = Latency(0.0, None, None, None, found.reason)
            return _Figures(0.0, 0.0, 0.0, "", unknown, found.reason)
        latency = Latencies(scenario, found, self.host_cores, self.share).all(quantiles=quantiles)
        asked = {parameter.path[:2] for parameter in values}
        alone = evaluate(scenario, self.alone).host_cores if asked & self.host_paths else self.reference
        return _Figures(found.host_cores, alone, found.throughput_pps, found.bottleneck, latency, found.reason)


def ranges(
    scenario: Scenario, placement: Placement, alone: Placement, host_cores: float | None, share: float
) -> Ranges:
    """The ranges of a placement's figures; `alone` is everything on the host, `host_cores` and `share` are as in
    `cora.model.latency.Latencies`."""
    judge = _Judge(scenario, placement, alone, host_cores, share)
    own = judge.at((), quantiles=True)
    known = parameters(scenario.model)
    swings = [_Swing(p, *(judge.at([(p, end)]) for end in p.ends)) for p in known]
    corners = [judge.at(_all_at_once(swings, bad, worst), quantiles=True)
               for bad in _BAD.values() for worst in (False, True)]  # fmt: skip
    met = [own, *(f for s in swings for f in (s.low, s.high)), *corners]
    met = [f for f in met if f.bottleneck]

    def interval(figure: Callable[[_Figures], float | None], among: list[_Figures] = met) -> Interval:
        return _interval(map(figure, among))

    with_quantiles = [f for f in (own, *corners) if f.bottleneck]
    return Ranges(
        interval(lambda f: f.host_cores),
        interval(lambda f: f.host_only_cores),
        interval(lambda f: f.saved),
        interval(lambda f: f.throughput_pps),
        interval(lambda f: f.latency.mean_ns),
        interval(lambda f: f.latency.p50_ns, with_quantiles),
        interval(lambda f: f.latency.p99_ns, with_quantiles),
        tuple(dict.fromkeys(f.bottleneck for f in met)),
        len(known),
        _sensitivities(swings, own),
    )


def _interval(values: Iterable[float | None]) -> Interval:
    values = list(values)
    bounded = [value for value in values if value is not None]
    high = None if len(bounded) < len(values) else max(bounded, default=None)
    return Interval(min(bounded, default=0.0), high)


def _all_at_once(swings: list[_Swing], bad: _Figure, worst: bool) -> list[tuple[Parameter, float]]:
    """Every number at the end that is worst (or best) for a figure. One that alone leaves the figure as it is may do
    something together with others: then the other figures say which end is the worse."""
    settings: list[tuple[Parameter, float]] = []
    for swing in swings:
        for judge in (bad, *_BAD.values()):
            low, high = judge(swing.low), judge(swing.high)
            if low != high:
                up = (high > low) == worst
                settings.append((swing.parameter, swing.parameter.ends[up]))
                break
    return settings


def _sensitivities(swings: list[_Swing], own: _Figures) -> tuple[Sensitivity, ...]:
    ranked = [(_weight(swing, own), place) for place, swing in enumerate(swings)]
    chosen = sorted((-weight, place) for weight, place in ranked if weight >= SHOWN)
    return tuple(_sensitivity(swings[place], own) for _, place in chosen)


def _weight(swing: _Swing, own: _Figures) -> float:
    """The largest relative swing of a figure; a plan that doesn't hold at one end comes before all that do."""
    breaks = 1e6 if _breaks(swing, own)[0] else 0.0
    largest = 0.0
    for bad in (_BAD["host cores"], _BAD["throughput"], _BAD["latency"]):
        base = abs(bad(own))
        ends = [bad(swing.low), bad(swing.high)]
        if 0 < base < float("inf") and max(ends) < float("inf"):
            largest = max(largest, (max(*ends, bad(own)) - min(*ends, bad(own))) / base)
    return breaks + largest


def _breaks(swing: _Swing, own: _Figures) -> tuple[Literal["", "low", "high"], str]:
    if swing.low.reason and not own.reason:
        return "low", swing.low.reason
    if swing.high.reason and not own.reason:
        return "high", swing.high.reason
    return "", ""


def _sensitivity(swing: _Swing, own: _Figures) -> Sensitivity:
    met = [f for f in (own, swing.low, swing.high) if f.bottleneck]
    what = swing.parameter
    return Sensitivity(
        what.name,
        what.number.confidence,
        what.ends[0],
        what.value,
        what.ends[1],
        what.unit,
        _interval(f.host_cores for f in met),
        _interval(f.throughput_pps for f in met),
        _interval(f.latency.mean_ns for f in met),
        *_breaks(swing, own),
    )
