"""The state/traffic graph: stages, state groups and what may be done with them. Pure data; `analyse` builds it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cora.diagnostics import Span
from cora.ir.nodes import AccessKind, Program

Provenance = Literal["const", "header", "header_function", "state", "opaque"]
"""Where a key comes from. Up to `header_function` every engine can compute it from the packet alone."""

UpdateClass = Literal["read_only", "insert_only", "max", "add", "or", "min", "largest", "rmw", "general"]
"""How the data plane changes a state or field: not at all; only inserts; timer := max(timer, now) and other maxima of
values that never go back; additions, unions, minima and maxima of values that don't depend on the state, in any order;
one indivisible read, change and write; anything else."""

CopyForm = Literal["full", "partial", "merged"]
"""How another engine may hold a replicated group: all of it (arrays, tables of the control plane), the entries that it
was given (flow tables), or its own partial sums (counters)."""


@dataclass(frozen=True, slots=True)
class AccessSite:
    """One access of the staged program."""

    stage: int
    block: str
    state: str
    kind: AccessKind
    key: Provenance
    on_copy: bool
    """True if an engine that holds a copy may run it: lookups and reads, touches, max-writes, counts."""
    span: Span | None
    on_record: bool = False
    """True if the engine that has the record may run it, in mode `sharded`: lookups, and touches and updates of what
    the packet has looked up."""

    @property
    def gains(self) -> bool:
        """An engine that has the record may run it, and one with a copy may not."""
        return self.on_record and not self.on_copy


@dataclass(frozen=True, slots=True)
class Stage:
    """A single-entry region of blocks that always runs on one engine. Stage 0 is the parser."""

    index: int
    name: str
    blocks: tuple[str, ...]
    accesses: tuple[AccessSite, ...]
    span: Span | None


@dataclass(frozen=True, slots=True)
class StageEdge:
    source: int
    target: int
    live_bits: int
    """Bits of the variables that would have to travel if the edge changed engine (beyond what parsing gives)."""
    restart: int
    """Where the next engine takes the packet up: `target`, or the earlier stage at which the first mutable copy was
    read (no value read from a mutable copy crosses to another engine: the owner reads again)."""
    conflict: str
    """Why no packet may cross here ("" if it may): an effect before it would happen twice."""


@dataclass(frozen=True, slots=True)
class FieldFacts:
    """A member of a state: one of its values, or `$last`, the idle timer of a flow table."""

    name: str
    update: UpdateClass
    writes: tuple[AccessSite, ...]


@dataclass(frozen=True, slots=True)
class StateFacts:
    name: str
    update: UpdateClass
    key: Provenance
    """The least computable key of all its accesses."""
    fields: tuple[FieldFacts, ...]
    entry_bytes: int
    """Key, values and timer of one entry, in bytes, without the overhead of a table."""
    capacity: int


@dataclass(frozen=True, slots=True)
class ShardKey:
    """What tells the records of a group apart."""

    table: str
    """The flow table whose key it is."""
    fields: tuple[str, ...]
    """The names of the fields of the key."""
    symmetric: bool
    """Proved: both directions of a connection have the same key."""


@dataclass(frozen=True, slots=True)
class Partition:
    """A partition key of a plan, and the groups whose entries tell their shard by it."""

    group: str
    key: ShardKey
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StateGroup:
    """States that depend on each other in a cycle; they are resident together."""

    name: str
    states: tuple[StateFacts, ...]
    copies: tuple[tuple[str, CopyForm], ...]
    """By state, the form in which an engine beside the owner may hold it; empty if only `exclusive` is safe."""
    conflicts: tuple[tuple[AccessSite, AccessSite, str], ...]
    """Why replication is refused: two accesses and the reason in words."""
    shard_key: ShardKey | None = None
    """The key by which the records may be sharded; None if they may not be."""
    shard_conflicts: tuple[tuple[AccessSite, AccessSite, str], ...] = ()
    """Why sharding is refused: two accesses (or one twice) and the reason in words."""

    @property
    def replicable(self) -> bool:
        return bool(self.copies)

    @property
    def shardable(self) -> bool:
        return self.shard_key is not None


@dataclass(frozen=True, slots=True)
class StateGraph:
    """What the planner and the splitter know of a program."""

    program: Program
    """The staged program: equal in meaning to the one analysed, with blocks cut and duplicated at stage borders."""
    stages: tuple[Stage, ...]
    edges: tuple[StageEdge, ...]
    groups: tuple[StateGroup, ...]
    partitions: tuple[Partition, ...] = ()
    """The keys by which a plan may be partitioned: all sharded groups of a plan must be in one of them."""

    @property
    def sharded_groups(self) -> tuple[str, ...]:
        """The groups that a plan may shard together with gain: an engine with their records may do more than one with
        copies. Of several partition keys the one with most such groups."""
        more = {self.group_of_state()[s.state].name for stage in self.stages for s in stage.accesses if s.gains}
        by_key = [tuple(name for name in partition.groups if name in more) for partition in self.partitions]
        return max(by_key, key=len, default=())

    def stage_of_block(self) -> dict[str, int]:
        return {block: stage.index for stage in self.stages for block in stage.blocks}

    def edge(self, source: int, target: int) -> StageEdge:
        return next(e for e in self.edges if (e.source, e.target) == (source, target))

    def group_of_state(self) -> dict[str, StateGroup]:
        return {facts.name: group for group in self.groups for facts in group.states}
