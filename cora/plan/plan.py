"""The plan: where each stage, state and kind of traffic goes. Pure data with a versioned schema; knows no kernel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

SCHEMA = 1

Mode = Literal["exclusive", "replicated", "sharded", "merged"]


@dataclass(frozen=True, slots=True)
class StagePlacement:
    """A stage runs on `hot` for packets whose flow-table entries are resident on the NIC, on `cold` for all others.
    Engines are ordered from the wire inwards, and along a packet's path the engine never moves outwards until the
    packet returns: an engine runs everything that comes after the point where it took the packet up."""

    stage: int
    name: str
    hot: str
    cold: str


@dataclass(frozen=True, slots=True)
class StatePlacement:
    """In mode `sharded` the owner is the host, which gives the records of flows to the one engine in `copies_on`: a
    record that is there is changed there, and the host only keeps its place."""

    group: str
    states: tuple[str, ...]
    mode: Mode
    owner: str
    copies_on: tuple[str, ...]
    copy_entries: int
    """For partial copies: how many entries of each flow table a copy holds; 0 otherwise."""
    memory: str
    reason: str


@dataclass(frozen=True, slots=True)
class ClassOutcome:
    """One traffic class under the plan."""

    name: str
    share: float
    """Of all packets."""
    verdict: str
    nic_share: float
    """The share of its packets that are served without the host."""
    path: tuple[tuple[str, str, str], ...]
    """(stage name, engine when resident, engine otherwise)."""
    reason: str
    """Why the rest is not served by the NIC; "" if nothing is left."""


@dataclass(frozen=True, slots=True)
class Load:
    """Demand on one resource at the planned rate."""

    resource: str
    demand: float
    capacity: float
    unit: str
    assumed: bool
    """True if a number behind it is an assumption of the model."""

    @property
    def utilisation(self) -> float:
        return self.demand / self.capacity if self.capacity else float("inf")


@dataclass(frozen=True, slots=True)
class Score:
    """What the evaluator says of a placement."""

    strategy: str
    feasible: bool
    host_cores: float
    nic_cores: float
    throughput_pps: float
    bottleneck: str
    loads: tuple[Load, ...]
    reason: str
    """Why it is infeasible, "" otherwise."""


@dataclass(frozen=True, slots=True)
class Plan:
    schema: int
    program: str
    target: str
    strategy: str
    objective: str
    rate_pps: float
    flows: int
    flow_arrivals_per_s: float
    engines: tuple[str, ...]
    """From the wire inwards; the last one is the host."""
    stages: tuple[StagePlacement, ...]
    states: tuple[StatePlacement, ...]
    classes: tuple[ClassOutcome, ...]
    score: Score
    baselines: tuple[Score, ...]
    gap: float
    bound: float
    assumptions: tuple[str, ...]
    notes: tuple[str, ...]
