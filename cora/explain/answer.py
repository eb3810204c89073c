"""Answers as pure data: what `cora explain --json` prints. `docs/explain.md` describes every field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cora.plan.plan import ResidencyLookup

SCHEMA = 1

SubjectKind = Literal["state", "stage", "class", "bucket"]
BindingKind = Literal["nothing", "resource", "capability", "safety", "traffic", "cost", "pin"]
"""What keeps the rest of a subject from the NIC. `nothing`: all of it is there. `resource`: something is too small.
`capability`: an engine can't do something. `safety`: it would change what the program does. `traffic`: it would be
there at another rate or with fewer flows. `cost`: it may be there and saves nothing. `pin`: the request asks for it."""


@dataclass(frozen=True, slots=True)
class Place:
    """A line of where the subject is: `what` it concerns, the engine or engines, and the mode of a state."""

    what: str
    engine: str
    mode: str


@dataclass(frozen=True, slots=True)
class Binding:
    kind: BindingKind
    words: str


@dataclass(frozen=True, slots=True)
class Slack:
    """A resource that the subject uses where it is, at the planned rate."""

    resource: str
    used: float
    capacity: float
    unit: str
    assumed: bool

    @property
    def free(self) -> float:
        return self.capacity - self.used


@dataclass(frozen=True, slots=True)
class Alternative:
    """The best plan with the subject elsewhere, solved with that as a pin."""

    words: str
    possible: bool
    why_not: str
    """The constraints that conflict; "" if possible."""
    host_cores: float
    """Of that plan, 0 if impossible."""
    host_cores_delta: float
    nic_cores_delta: float
    rate_delta_pps: float
    """Of max-rate plans; 0 for min-cores."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One changed figure. For a capability `before` and `after` are 0 and 1, or the insertions/s that it takes."""

    parameter: str
    before: float
    after: float
    unit: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Changes that together move the subject: onto the NIC, or off it if all of it is there. Each is as small as found,
    and the plan was solved with exactly these."""

    words: str
    kind: Literal["resource", "capability", "rate", "flows", "pin"]
    settings: tuple[Setting, ...]
    effect: str
    """What the plan with the changes says of the subject."""
    host_cores: float
    host_cores_delta: float


@dataclass(frozen=True, slots=True)
class ConflictAccess:
    words: str
    file: str
    line: int
    """0 if the access has no place in a P4 file."""
    excerpt: str
    """The line with carets, "" if there is none."""


@dataclass(frozen=True, slots=True)
class Conflict:
    reason: str
    accesses: tuple[ConflictAccess, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """One subject."""

    schema: int
    program: str
    target: str
    objective: str
    kind: SubjectKind
    subject: str
    share: float
    """Of all packets: those that touch the state, pass the stage, are of the class or the bucket."""
    nic_share: float
    """Of these packets, the share that no engine of the host sees."""
    places: tuple[Place, ...]
    reason: str
    binding: Binding
    slack: tuple[Slack, ...]
    alternatives: tuple[Alternative, ...]
    suggestions: tuple[Suggestion, ...]
    conflicts: tuple[Conflict, ...]
    residency: tuple[ResidencyLookup, ...]
    """Where its resident packets part from others, and what that takes."""


@dataclass(frozen=True, slots=True)
class OverviewLine:
    kind: SubjectKind
    subject: str
    where: str
    share: float
    nic_share: float
    reason: str


@dataclass(frozen=True, slots=True)
class Assumption:
    """Assumed figures of the model that, all at one end of their ranges, give another plan."""

    parameters: tuple[str, ...]
    """Which figures: as few as found that change the plan by themselves."""
    end: Literal["low", "high"]
    changes: tuple[str, ...]
    """What is elsewhere then."""
    host_cores_delta: float


@dataclass(frozen=True, slots=True)
class Overview:
    schema: int
    program: str
    target: str
    objective: str
    rate_pps: float
    host_cores: float
    nic_cores: float
    throughput_pps: float
    bottleneck: str
    lines: tuple[OverviewLine, ...]
    assumptions: tuple[Assumption, ...]
    assumptions_tried: int
    """Groups of assumed figures that were moved to both ends of their ranges."""
    notes: tuple[str, ...]
    residency: tuple[ResidencyLookup, ...]


@dataclass(frozen=True, slots=True)
class FlowOutcome:
    """Packets of a flow that fared alike."""

    outcome: str
    """`nic`, or why the host saw them: see `cora.explain.outcomes.REASONS`."""
    packets: int
    words: str


@dataclass(frozen=True, slots=True)
class FlowClass:
    name: str
    packets: int
    nic_packets: int


@dataclass(frozen=True, slots=True)
class FlowAnswer:
    """One flow, or if it isn't in the traffic the flows of its kind (IP version and protocol)."""

    schema: int
    program: str
    target: str
    flow: str
    found: bool
    kind: str
    """ "IPv4 tcp": what a flow that isn't there was compared with."""
    connections: int
    packets: int
    classes: tuple[FlowClass, ...]
    hot_packets: int
    """Packets in the bucket `hot`: their entries were on the NIC, or they need none."""
    owners: tuple[tuple[str, str], ...]
    """(state group, owner) of the mutable states that its packets access."""
    outcomes: tuple[FlowOutcome, ...]
    reason: str
    """The one reason why not all of it is offloaded: that of most packets; "" if all of it is."""
    words: str
