"""What a prediction says. Pure data; `cora.plan.predict` makes it."""

from __future__ import annotations

from dataclasses import dataclass

from cora.model.bounds import Limit
from cora.model.figures import Interval, Latency
from cora.plan.request import Strategy

SCHEMA = 1
FCS_BYTES = 4
"""Check sequence of an Ethernet frame: part of what is called a 64-byte packet, not of what programs see."""
SMALLEST_PACKET_BYTES = 64


@dataclass(frozen=True, slots=True)
class Setting:
    """What is asked for. None leaves it to the model or the traffic."""

    strategy: Strategy | None = None
    """None: the whole program on the NIC, or our plan where the NIC can't run all of it."""
    packet_bytes: float | None = None
    """Of every packet, with its check sequence."""
    cores: float | None = None
    """Of the NIC; of the host where there is no NIC."""
    host_cores: float | None = None
    flows: float | None = None
    """That are alive at once."""
    rate_pps: float | None = None
    """That are offered, for latency and for planning."""
    memory: str = ""
    """Where all states of the NIC are, but those pinned; "" for what the model says."""
    memories: tuple[tuple[str, str], ...] = ()
    """(state, memory)"""


@dataclass(frozen=True, slots=True)
class Slowest:
    """If every packet were of the slowest kind."""

    kind: str
    """What kind that is: the slowest path of the program, or the slowest class of the traffic."""
    path: tuple[str, ...]
    """The names of its stages."""
    verdict: str
    throughput_pps: float
    bottleneck: str


@dataclass(frozen=True, slots=True)
class AtLoad:
    share: float
    """Of the throughput."""
    rate_pps: float
    latency: Latency


@dataclass(frozen=True, slots=True)
class Influence:
    """What an uncertain number of the model does to the throughput, at either end of its range."""

    parameter: str
    low: float
    value: float
    high: float
    unit: str
    at_low_pps: float
    at_high_pps: float

    @property
    def swing_pps(self) -> float:
        return abs(self.at_high_pps - self.at_low_pps)


@dataclass(frozen=True, slots=True)
class Prediction:
    program: str
    target: str
    firmware: str
    strategy: Strategy
    traffic: str
    """What the packets are: a trace, or the slowest path."""
    cores: float
    """Of the NIC; of the host where there is no NIC."""
    host_cores: float
    packet_bytes: float
    """With check sequence, on average."""
    flows: float
    cycles: tuple[tuple[str, float], ...]
    """(engine, cycles of a core for a packet), of engines that do something."""
    memories: tuple[tuple[str, str], ...]
    """(state, memory that it is in)"""
    throughput_pps: float
    interval_pps: Interval
    """Over the ranges of the model's numbers."""
    bottleneck: str
    limits: tuple[Limit, ...]
    """The lowest first."""
    slowest: Slowest
    latency: tuple[AtLoad, ...]
    influences: tuple[Influence, ...]
    """What matters most first."""
    doesnt_fit: str
    """What of the machine's memories or code store is too small, "" if nothing is."""
    notes: tuple[str, ...]

    @property
    def throughput_bps(self) -> float:
        return 8 * self.packet_bytes * self.throughput_pps
