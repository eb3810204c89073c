"""Figures that plans carry: latencies and intervals. Pure data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cora.model.units import DECIMAL, NANOSECONDS, scaled


@dataclass(frozen=True, slots=True)
class Latency:
    """From a packet's last bit in to its first bit out, or to the decision to drop it. The mean and the quantiles are
    None if a queue on its way grows without bound."""

    unloaded_ns: float
    """The mean without any queue."""
    mean_ns: float | None
    p50_ns: float | None
    p99_ns: float | None
    full: str = ""
    """The resource whose queue grows without bound, "" if none does."""


@dataclass(frozen=True, slots=True)
class Interval:
    """None: without bound."""

    low: float
    high: float | None


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """What one uncertain number of the model does to a plan's figures, over its range."""

    parameter: str
    """ "nic insert": what it belongs to, and what it is."""
    confidence: str
    low: float
    value: float
    high: float
    unit: str
    """Of the three; "times" for factors on a whole curve."""
    host_cores: Interval
    throughput_pps: Interval
    latency_ns: Interval
    """The mean."""
    breaks_at: Literal["", "low", "high"]
    """The end at which the plan doesn't hold, "" if it does at both."""
    breaks: str
    """What is then too small, and by how much; "" if it holds."""


@dataclass(frozen=True, slots=True)
class Ranges:
    """The figures of a plan over the ranges of the model's numbers: with each at either end, the others as they are,
    and with all at the ends that are best or worst for the figure. The placement stays as it is."""

    host_cores: Interval
    host_only_cores: Interval
    """Everything on the host."""
    saved: Interval
    """Share of the host's cores, both under the same numbers."""
    throughput_pps: Interval
    mean_ns: Interval
    p50_ns: Interval
    p99_ns: Interval
    bottlenecks: tuple[str, ...]
    """The resources that limit the throughput somewhere in the ranges, the plan's own first."""
    parameters: int
    """Numbers with a range."""
    sensitivities: tuple[Sensitivity, ...]
    """Of those that matter, what matters most first."""


def amount(value: float, unit: str) -> str:
    """A number of a model for people: "225 cycles", "2 M/s", "500 ns"."""
    if unit == "ns":
        return duration(value)
    number, prefix = (value, "") if unit in ("cycles", "times", "") else scaled(value, DECIMAL)
    return f"{number:.4g} {prefix}{unit}".rstrip()


def duration(time_ns: float | None) -> str:
    """A time for people: "810 ns", "2.04 us"; None is what a queue without bound takes."""
    if time_ns is None:
        return "no bound"
    number, unit = scaled(time_ns, NANOSECONDS)
    return f"{number:.3g} {unit}"
