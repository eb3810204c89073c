"""The state/traffic graph: stages, state groups and what may be done with them. Pure data; `analyse` builds it."""

from __future__ import annotations

from dataclasses import dataclass, replace
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
class Way:
    """One of the ways on which packets come to leave an engine. Which of them packets take, and whether they may leave,
    depends on the state groups of which that engine holds copies (or records): the *held* ones. All names are of
    groups that may be held."""

    restart: int
    """Where the next engine takes such packets up: the stage that follows, or the earlier one at which the first copy
    was read (no value read from a mutable copy crosses to another engine: the owner reads again)."""
    held: frozenset[str] = frozenset()
    """Packets come this way only where all of these are held, ..."""
    absent: frozenset[str] = frozenset()
    """... and none of these."""
    conflict: str = ""
    """Why they may not leave whatever is held ("" if they may): an effect before it would happen twice."""
    if_held: tuple[tuple[str, str], ...] = ()
    """(group, why they may not leave if it is held): the owner would read what the packet has written."""
    if_absent: tuple[tuple[str, str], ...] = ()
    """(group, why they may not leave unless it is held): the engine has accessed its own state."""
    unnamed: tuple[tuple[str, str], ...] = ()
    """(group, a state whose copies can't be taken back before the owner goes on at `restart`)."""
    unnamed_records: tuple[tuple[str, str], ...] = ()
    """The same of groups whose records are held."""

    def taken(self, held: frozenset[str]) -> bool:
        """Whether packets come this way."""
        return self.held <= held and not self.absent & held

    def effect(self, held: frozenset[str]) -> str:
        """What would happen twice; "" if nothing does."""
        reasons = (text for group, text in self.if_held if group in held)
        others = (text for group, text in self.if_absent if group not in held)
        return self.conflict or next(reasons, "") or next(others, "")

    def why_not(self, held: frozenset[str], records: frozenset[str] = frozenset()) -> str:
        """Why packets may not leave on this way, "" if they may; `records` are the held groups in mode `sharded`."""
        unnamed = (state for group, state in self.unnamed if group in held)
        whole = (state for group, state in self.unnamed_records if group in records)
        state = next(unnamed, "") or next(whole, "")
        named = f"it can't be told before which entries of {state} the owner may access" if state else ""
        return self.effect(held) or named


@dataclass(frozen=True, slots=True)
class Ask:
    """An access by packets that must first find out whether the cell of the copy is up to date, and leave if not."""

    block: str
    index: int
    """Of the access among the operations of the block."""
    ways: tuple[Way, ...]
    """On which they would leave there. Where these conflict, packets ask at the start of the stage at which they would
    be taken up."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A single-entry region of blocks that always runs on one engine. Stage 0 is the parser."""

    index: int
    name: str
    blocks: tuple[str, ...]
    accesses: tuple[AccessSite, ...]
    span: Span | None
    live_bits: int = 0
    """Bits of the variables that travel when the next engine takes a packet up here (beyond what parsing gives)."""
    misses: tuple[Way, ...] = ()
    """Ways on which packets leave in the middle of the stage: they miss what the engine holds of a flow table, or may
    not use the copy of a cell yet."""
    asks: tuple[Ask, ...] = ()


@dataclass(frozen=True, slots=True)
class StageEdge:
    source: int
    target: int
    ways: tuple[Way, ...]
    """On which packets leave if the edge changes engine."""

    def taken(self, held: frozenset[str]) -> tuple[Way, ...]:
        """The ways on which packets leave an engine that holds these groups."""
        return tuple(way for way in self.ways if way.taken(held))

    def conflict(self, held: frozenset[str], records: frozenset[str] = frozenset()) -> str:
        """Why no packet may cross here ("" if all may)."""
        return next((text for way in self.taken(held) if (text := way.why_not(held, records))), "")

    def restart(self, held: frozenset[str]) -> int:
        """The first stage at which a packet that crosses here may be taken up."""
        return min((way.restart for way in self.taken(held)), default=self.target)


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
    constant: bool = False
    """No packet changes it: a table of the control plane, or a register that is only read."""


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
    stale_ms: float = 0.0
    """The user lets copies be so far behind their owner (`cora.plan.stale`); 0: never."""
    summed: bool = False
    """The user lets each engine change a part of its own, and read the parts of others as they were `stale_ms` ago."""

    @property
    def replicable(self) -> bool:
        return bool(self.copies)

    @property
    def shardable(self) -> bool:
        return self.shard_key is not None

    @property
    def held_states(self) -> frozenset[str]:
        """The states that packets read and change: what is read from a copy of one, the owner reads again."""
        forms = dict(self.copies)
        return frozenset(s.name for s in self.states if forms.get(s.name) != "merged" and not s.constant)


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
    starts_over: bool = False
    """Packets that leave an engine carry no variables: the next one runs the program from the start of the body."""

    @property
    def sharded_groups(self) -> tuple[str, ...]:
        """The groups that a plan may shard together with gain: an engine with their records may do more than one with
        copies. Of several partition keys the one with most such groups."""
        more = {self.group_of_state()[s.state].name for stage in self.stages for s in stage.accesses if s.gains}
        by_key = [tuple(name for name in partition.groups if name in more) for partition in self.partitions]
        return max(by_key, key=len, default=())

    @property
    def holdable(self) -> frozenset[str]:
        """The groups that an engine beside the owner may hold something of that packets change."""
        return frozenset(g.name for g in self.groups if g.held_states and (g.replicable or g.shardable))

    def from_the_start(self) -> StateGraph:
        """The graph of plans whose packets start over where they leave an engine: they carry no variables, and the next
        engine computes these again from the frame as it came in, before it goes on at the restart. Packets may leave
        where they otherwise may, but for what then must be run again."""
        return replace(self, starts_over=True)

    def stage_of_block(self) -> dict[str, int]:
        return {block: stage.index for stage in self.stages for block in stage.blocks}

    def edge(self, source: int, target: int) -> StageEdge:
        return next(e for e in self.edges if (e.source, e.target) == (source, target))

    def group_of_state(self) -> dict[str, StateGroup]:
        return {facts.name: group for group in self.groups for facts in group.states}
