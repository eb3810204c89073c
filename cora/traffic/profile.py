"""What a program does with a traffic: the figures that the planner works with. `take_profile` makes one."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TrafficClass:
    """Packets that take one path through the stages and end alike."""

    name: str
    path: tuple[int, ...]
    verdict: str
    """`forward`, or the reason of the drop."""
    packets: int
    bytes: int
    resident_packets: tuple[int, ...]
    """By tier: packets that would have found every entry that they looked up among the copies of a NIC with that many
    (cumulative: never less in a larger tier)."""
    example: int
    """Index of its first packet in the trace."""


@dataclass(frozen=True, slots=True)
class ResidencyTier:
    """A size of the copies on a NIC and what a residency policy reached with it, simulated causally."""

    entries: int
    """Copies of each flow table that fit; the last tier holds all."""
    hits: int
    promotions: int
    """Copies installed over the whole trace."""
    peak: int
    """The most copies of one flow table held at once."""


@dataclass(frozen=True, slots=True)
class StateLoad:
    state: str
    entries_peak: int
    inserts: int
    accesses: int
    hottest_share: float
    """The share of all accesses to the state that goes to its hottest cell."""


@dataclass(frozen=True, slots=True)
class Profile:
    trace: str
    packets: int
    bytes: int
    flows: int
    duration_s: float
    rate_pps: float
    """The rate at which the trace was taken."""
    flow_arrivals_per_s: float
    classes: tuple[TrafficClass, ...]
    tiers: tuple[ResidencyTier, ...]
    states: tuple[StateLoad, ...]
    block_packets: dict[str, int]
    """Visits by block of the staged program."""
    size_histogram: tuple[tuple[int, int], ...]
    """(bytes, packets), by size classes: the upper bound of each."""
    activation_ns: int
    """How long a promoted entry takes until the NIC serves it, in the residency simulation."""
    hindsight_coverage: tuple[float, ...]
    """By tier: the share of packets that could be served if, each second, the copies of its busiest flows were there in
    time, known in hindsight; a bound, never planned on."""
