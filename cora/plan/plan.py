"""The plan: where each stage, state and kind of traffic goes. Pure data with a versioned schema; knows no kernel."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from cora.model.figures import Latency, Ranges

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
    stale_ms: float = 0.0
    """Copies, or what an engine knows of the others' parts of a sum, may be so far behind: the user allows it, and the
    plan is not exact. 0: never behind."""


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
    latency: Latency | None = None
    """At the planned rate (max-rate: at nine tenths of it)."""


@dataclass(frozen=True, slots=True)
class Work:
    """What a stage takes of an engine at the planned rate, with its accesses."""

    engine: str
    packets_pps: float
    cycles: float
    """Of the engine, a packet."""
    waiting_cycles: float
    """For memory, a packet; only where hardware threads hide it."""
    cores: float
    memory: str
    memory_operations_per_s: float
    """Reads, writes and atomics of `memory` together; 0 where the cycles cover them (caches)."""


@dataclass(frozen=True, slots=True)
class ResidencyLookup:
    """Where packets whose entry is on the NIC part from the others. It is two stages. The *probe* asks the copies (or
    records) there, for every packet that comes, and is the lookup of those that hit. The *lookup* asks the owner, for
    those that missed. Both are part of the loads of the plan."""

    stage: str
    """The stage of the program; the probe is called after it, see `probe_name`."""
    group: str
    probe: Work
    lookup: Work
    entries: int
    """Room for copies, of each flow table of the group."""
    copy_bytes: float
    """In `probe.memory`, of the whole group."""
    insertions_per_s: float
    """Copies that are given, by the misses of this lookup among those of the plan."""
    insertion_cores: tuple[tuple[str, float], ...]
    """(engine, cores) that giving and taking them costs."""

    @property
    def probe_name(self) -> str:
        """ "probe outbound" for the stage "lookup outbound"."""
        verb, _, rest = self.stage.partition(" ")
        return f"probe {rest}" if verb == "lookup" and rest else f"probe for {self.stage}"


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
    latency: Latency | None = None
    """Of the packets that are forwarded; None without a placement."""


@dataclass(frozen=True, slots=True)
class Migration:
    """What it takes to get here from the plan that ran before (`--running`), see `cora.plan.migration`."""

    kept: bool
    """Nothing moves: it is the running plan."""
    entries: int
    """Entries, cells, copies and records that are read or written."""
    rows: int
    """Rows of control-plane tables that are installed."""
    stages: int
    """Stages that run elsewhere, for some packets at least."""
    programs: tuple[str, ...]
    """Engines that get another program."""
    host_cores: float
    """What moving costs, spread over the time that a plan is kept at least."""
    gain_host_cores: float | None
    """What the plan saves against the running one under today's traffic; None if that doesn't hold any more."""
    reason: str


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
    residency: tuple[ResidencyLookup, ...] = ()
    """Where resident packets part from others, in the order of the stages; none if no copies of entries are kept."""
    ranges: Ranges | None = None
    """Of this placement's figures; None for plans without baselines."""
    migration: Migration | None = None
    """None for plans that were made without a running one."""
    reordering: bool = False
    """Packets of a flow may overtake each other."""
    starts_over: bool = False
    """Packets that leave an engine start over on the next: it parses the frame as it came in and computes again what
    the packet had where it is taken up, without changing anything. Their frames carry no variables."""
    parallel: bool = False
    """The engine at the wire may handle packets that arrive and frames that come back on different cores at once: its
    program compares and exchanges (`docs/splitting.md`)."""
    batches: bool = False
    """Tables of the control plane have two generations: a batch of changes counts for a packet whole or not at all."""

    @property
    def used_engines(self) -> frozenset[str]:
        """The engines that run a stage, for some packets at least, or have a state or a copy of one."""
        running = {engine for stage in self.stages for engine in (stage.hot, stage.cold)}
        return frozenset(running | {engine for state in self.states for engine in (state.owner, *state.copies_on)})

    @property
    def served_share(self) -> float:
        """The share of all packets that is served without the host."""
        return sum(c.share * c.nic_share for c in self.classes)

    def runs(self, outcome: ClassOutcome) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """The path of a class as (engine, stages) for runs of stages on one engine; "a|b" where resident packets are on
        a and others on b, "|b" for the lookup on b of what the probe before it missed."""
        asked = {lookup.stage: lookup for lookup in self.residency}
        steps: list[tuple[str, str]] = []
        for name, hot, cold in outcome.path:
            lookup = asked.get(name)
            if lookup is None or hot == cold:
                steps.append((hot if hot == cold else f"{hot}|{cold}", name))
                continue
            steps.append((hot, lookup.probe_name))
            if outcome.nic_share < 1:
                steps.append((f"|{cold}", name))
        return tuple((engine, tuple(n for _, n in run)) for engine, run in groupby(steps, key=lambda step: step[0]))
