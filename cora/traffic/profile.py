"""What a program does with a traffic: the figures that the planner works with. `take_profile` makes one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Scale = Literal["flows", "time"]
"""How a trace stands for a rate that is not its own: `flows`, by more connections, each at its own pace; `time`, by the
same connections at another pace. See `cora.traffic.scale`."""
SCALES: tuple[Scale, ...] = ("flows", "time")


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
    record_packets: tuple[int, ...] = ()
    """The same by record tier: the NIC has the records themselves of what may be sharded, and so changes them."""


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
    refused: int = 0
    """Copies that were not installed because the insertion budget of their tick was used up."""


@dataclass(frozen=True, slots=True)
class HotCell:
    """One of a state's busiest cells."""

    key: str
    """Its key fields in words: "src=10.0.0.1 sport=4000"."""
    accesses: int
    share: float
    """Of all accesses to the state."""


@dataclass(frozen=True, slots=True)
class StateLoad:
    state: str
    entries_peak: int
    inserts: int
    accesses: int
    hottest_share: float
    """The share of all accesses to the state that goes to its hottest cell."""
    hot: tuple[HotCell, ...] = ()
    """The busiest cells, the busiest first."""


@dataclass(frozen=True, slots=True)
class WorkingSet:
    """Entries of a flow table that are used within a window of time, over all windows of the trace."""

    window_ns: int
    mean: float
    peak: int


@dataclass(frozen=True, slots=True)
class TableReuse:
    """How soon the entries of a flow table are used again. A packet counts once for each entry that it uses."""

    state: str
    references: int
    first: int
    """References to entries that were not used before in the trace."""
    distances: tuple[tuple[int, int], ...]
    """(bound, references): all others, by their reuse distance, the number of other entries used since the same entry
    was: a bound counts distances below it and not below the one before. Bounds are powers of two."""
    working_sets: tuple[WorkingSet, ...]

    def share_within(self, entries: float) -> float:
        """The share of references that a cache of so many least recently used entries would hit, linear between the
        bounds of the histogram."""
        hits, below = 0.0, 0
        for bound, count in self.distances:
            if entries < bound:
                hits += count * max(0.0, entries - below) / (bound - below)
                break
            hits += count
            below = bound
        return hits / self.references if self.references else 0.0


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
    scale: Scale = "flows"
    """How `cora.traffic.scale.at_rate` takes it to other rates."""
    compression: float = 1.0
    """So many times faster than captured the packets were played for it (`--scale time`)."""
    insertions_per_tick: int | None = None
    """The insertion budget of the residency simulation; None without one."""
    reuse: tuple[TableReuse, ...] = ()
    """By flow table that was used at all."""
    record_tiers: tuple[ResidencyTier, ...] = ()
    """As `tiers`, with records on the NIC (mode sharded) instead of copies; none if that would be no gain."""

    def tier(self, index: int) -> ResidencyTier:
        """By the number that plans and scenarios use: first the tiers of copies, then those of records."""
        return (*self.tiers, *self.record_tiers)[index]

    @property
    def largest_tiers(self) -> tuple[int, int]:
        """The numbers of the tiers that hold all."""
        return len(self.tiers) - 1, len(self.tiers) + len(self.record_tiers) - 1
