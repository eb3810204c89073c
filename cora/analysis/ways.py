"""The ways on which packets come to leave an engine, for every set of groups that it may hold copies of at once.

A packet that has read a mutable copy is taken up at the stage of the first such read (the *restart*): the owner reads
again. So everything after that happens twice, and must be harmless when it does. Which read is the first, and what is
an access to a copy and what one to a state of its own, depends on what the engine holds. So at each read of a group
that may be held a *passage* forks: it is held (and the restart known), or it isn't.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple

from cora.analysis.crossing import needs_name
from cora.analysis.graph import Ask, Way
from cora.analysis.known import Known, learn_arm
from cora.analysis.values import Flow, Slice, identity, interpret, slice_of
from cora.ir.cfg import block_map, header_names, names, op_writes, parser_blocks, predecessors, reachable, successors
from cora.ir.nodes import Access, Advance, Assign, Block, Digest, Emit, Expr, Extract, Foreign, Op, Program, Var

MAX_PASSAGES = 48
"""At the end of a block, at most; beyond that passages are joined, and so seem to conflict with more."""

Cell = tuple[str, tuple[Expr, ...]]
"""A group, and the index of a cell of its registers."""
_TWICE = ("count", "digest", "change", "call")
"""Kinds of effects that must not happen twice."""
EffectKind = Literal["count", "digest", "use", "max", "change", "frame", "call"]


class Effect(NamedTuple):
    """What running an operation twice, or on another engine, could spoil: `use` only if the engine owns the state,
    `max` if the owner reads it again."""

    kind: EffectKind
    of: str


@dataclass(frozen=True, slots=True)
class Holding:
    """What engines may hold: by state that packets change, the group that has to be held for it, "" if it can't be."""

    group_of: Mapping[str, str]
    max_registers: frozenset[str]
    harmless: frozenset[str]
    """States that no owner needs to know of: constants, and counters, which are summed."""


@dataclass(frozen=True, slots=True)
class Passage:
    """How a packet has come to where it is. `before` happened before the stage at which it would be taken up (the
    current one, as long as it hasn't read a copy), `since` from there on."""

    stage: int = 0
    restart: int | None = None
    held: frozenset[str] = frozenset()
    absent: frozenset[str] = frozenset()
    before: frozenset[Effect] = frozenset()
    since: frozenset[Effect] = frozenset()

    def enter(self, stage: int) -> Passage:
        """The passage at the start of a block of this stage."""
        if stage == self.stage:
            return self
        if self.restart is not None:
            return replace(self, stage=stage)
        return replace(self, stage=stage, before=_frames(self.before | self.since), since=frozenset[Effect]())

    def covers(self, other: Passage) -> bool:
        """Wherever packets come like the other they also come like this, and nothing less has happened."""
        return (
            self.restart == other.restart
            and self.held <= other.held
            and self.absent <= other.absent
            and self.before >= other.before
            and self.since >= other.since
        )


def _frames(effects: frozenset[Effect]) -> frozenset[Effect]:
    return frozenset(effect for effect in effects if effect.kind == "frame")


def _effect(op: Op, holding: Holding) -> Effect | None:
    match op:
        case Digest(receiver=receiver):
            return Effect("digest", receiver)
        case Foreign(function=function):
            return Effect("call", function)
        case Emit() | Advance() | Extract():
            return Effect("frame", "")
        case Access(kind="count", state=state):
            return Effect("count", state)
        case Access(state=state) if state in holding.harmless:
            return None
        case Access(kind="lookup" | "read" | "touch", state=state):
            return Effect("use", state)
        case Access(kind="write", state=state) if state in holding.max_registers:
            return Effect("max", state)
        case Access(state=state):
            return Effect("change", state)
        case _:
            return None


def _after(passages: Sequence[Passage], op: Op, holding: Holding) -> list[Passage]:
    reads = isinstance(op, Access) and op.kind in ("lookup", "read", "rmw")
    group = holding.group_of.get(op.state, "") if isinstance(op, Access) and reads else ""
    effect = _effect(op, holding)
    found: list[Passage] = []
    for passage in passages:
        forks = [passage]
        if group and passage.restart is None and group not in passage.absent:
            forks = [
                replace(passage, restart=passage.stage, held=passage.held | {group}),
                replace(passage, absent=passage.absent | {group}),
            ]
        found += forks if effect is None else [replace(p, since=p.since | {effect}) for p in forks]
    return found


def pruned(passages: Iterable[Passage]) -> tuple[Passage, ...]:
    """Without passages that others cover, and joined if there are too many."""
    found: list[Passage] = []
    for passage in dict.fromkeys(passages):
        if any(other.covers(passage) for other in found):
            continue
        found = [other for other in found if not passage.covers(other)]
        found.append(passage)
    if len(found) <= MAX_PASSAGES:
        return tuple(found)
    joined: dict[tuple[int | None, frozenset[str]], Passage] = {}
    for passage in found:
        first = joined.setdefault((passage.restart, passage.held), passage)
        joined[passage.restart, passage.held] = replace(
            first,
            absent=first.absent & passage.absent,
            before=first.before | passage.before,
            since=first.since | passage.since,
        )
    return tuple(joined.values())


@dataclass(slots=True)
class Ways:
    """By edge between stages (source, target), and by stage in which packets may miss or find a cell busy: the ways."""

    edges: dict[tuple[int, int], tuple[Way, ...]] = field(default_factory=dict[tuple[int, int], tuple[Way, ...]])
    misses: dict[int, tuple[Way, ...]] = field(default_factory=dict[int, tuple[Way, ...]])
    asks: dict[int, tuple[Ask, ...]] = field(default_factory=dict[int, tuple[Ask, ...]])


_NOTHING = frozenset[Effect]()


def find_ways(program: Program, stage_of: Mapping[str, int], headers: Sequence[str], holding: Holding) -> Ways:
    """`headers`: the first block of each stage. Blocks are in topological order."""
    walk = _Walk(program, stage_of, holding, _read_registers(program))
    at_edges, at_misses = walk.run()
    held = frozenset(state for state, group in holding.group_of.items() if group)
    ends = _Ends(program, headers, holding, slice_of(program, held))
    found = Ways()
    for (source, target), passages in at_edges.items():
        entered = (p if p.restart is not None else p.enter(target) for p in passages)
        found.edges[source, target] = _ways(pruned(entered), ends, target)
    for stage, passages in at_misses.items():
        found.misses[stage] = _ways(pruned(passages), ends, stage)
    for (block, index), passages in walk.asking.items():
        stage, passages = stage_of[block], pruned(passages)
        found.asks[stage] = (*found.asks.get(stage, ()), Ask(block, index, _ways(passages, ends, stage)))
        early = (replace(p, since=_NOTHING) if ends.known_at(p.restart, block, index) else p for p in passages)
        leaving = (*found.misses.get(stage, ()), *_ways(early, ends, stage))
        found.misses[stage] = tuple(dict.fromkeys(leaving))
    return found


def _read_registers(program: Program) -> frozenset[str]:
    registers = {s.name for s in program.states if s.kind == "register"}
    ops = (op for block in program.blocks for op in block.ops if isinstance(op, Access))
    return frozenset(op.state for op in ops if op.kind == "read" and op.state in registers)


def _ways(passages: Iterable[Passage], ends: _Ends, target: int) -> tuple[Way, ...]:
    return tuple(dict.fromkeys(ends.way(passage, target) for passage in passages))


@dataclass(slots=True)
class _Walk:
    program: Program
    stage_of: Mapping[str, int]
    holding: Holding
    readable: frozenset[str]
    """The registers that packets read: only of these copies are ever out of date to somebody."""
    hits: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    """By block: which variables say at its end whether the held part of which group had the entry."""
    edges: dict[tuple[int, int], list[Passage]] = field(default_factory=dict[tuple[int, int], list[Passage]])
    misses: dict[int, list[Passage]] = field(default_factory=dict[int, list[Passage]])
    asking: dict[tuple[str, int], list[Passage]] = field(default_factory=dict[tuple[str, int], list[Passage]])
    """By block and operation: packets that ask whether a cell is idle before they read or write its copy."""
    asked: dict[str, set[Cell]] = field(default_factory=dict[str, set[Cell]])
    """By block: the cells that all packets have asked for at its end, if their group is held."""

    def run(self) -> tuple[dict[tuple[int, int], list[Passage]], dict[int, list[Passage]]]:
        program = self.program
        parser = parser_blocks(program)
        headers = header_names(program)
        sources = predecessors(program.blocks)
        arriving: dict[str, list[Passage]] = {}
        for block in program.blocks:
            before = [self.hits[s] for s in sources[block.name]]
            hits = {v: g for v, g in before[0].items() if all(b.get(v) == g for b in before)} if before else {}
            asked = set[Cell].intersection(*(self.asked[s] for s in sources[block.name])) if before else set[Cell]()
            passages: Sequence[Passage] = (Passage(),)
            if block.name not in parser:
                entered = (p.enter(self.stage_of[block.name]) for p in arriving.pop(block.name, ()))
                passages = self.run_ops(block, pruned(entered), hits, asked, headers)
            self.hits[block.name], self.asked[block.name] = hits, asked
            for target in dict.fromkeys(successors(block.end)):
                arm = self.arm(block, target, passages, hits)
                arriving.setdefault(target, []).extend(arm)
                pair = self.stage_of[block.name], self.stage_of[target]
                if pair[0] != pair[1]:
                    self.edges.setdefault(pair, []).extend(arm)
        return self.edges, self.misses

    def run_ops(
        self,
        block: Block,
        passages: Sequence[Passage],
        hits: dict[str, str],
        asked: set[Cell],
        headers: Mapping[str, frozenset[str]],
    ) -> Sequence[Passage]:
        tables = {s.name for s in self.program.states if s.kind == "flow_table"}
        for index, op in enumerate(block.ops):
            if isinstance(op, Access) and op.kind in ("read", "write") and op.state in self.readable:
                self.ask(block.name, index, op, passages, asked)
            copied = hits.get(op.value.name) if isinstance(op, Assign) and isinstance(op.value, Var) else None
            written = op_writes(op, headers)
            asked -= {cell for cell in asked if any(names(e) & written for e in cell[1])}
            for name in written:
                hits.pop(name, None)
            if isinstance(op, Assign) and copied is not None:
                hits[op.dst.name] = copied
            passages = _after(passages, op, self.holding)
            if isinstance(op, Access) and op.kind == "lookup" and op.state in tables:
                group = self.holding.group_of.get(op.state, "")
                if group:
                    hits[op.results[0].name] = group
                    missing = (replace(p, held=p.held | {group}) for p in passages if group not in p.absent)
                    self.misses.setdefault(self.stage_of[block.name], []).extend(missing)
        return pruned(passages)

    def ask(self, block: str, index: int, op: Access, passages: Iterable[Passage], asked: set[Cell]) -> None:
        """Packets that find the cell of a copy busy leave before they access it."""
        group = self.holding.group_of.get(op.state, "")
        if not group or (group, op.key) in asked:
            return
        asked.add((group, op.key))
        self.asking[block, index] = [
            replace(p, restart=p.stage if p.restart is None else p.restart, held=p.held | {group})
            for p in passages
            if group not in p.absent
        ]

    def arm(self, block: Block, target: str, passages: Iterable[Passage], hits: Mapping[str, str]) -> list[Passage]:
        """The passages that go on to a target: after a miss only those of engines that don't hold a part of the table,
        since from the others packets have left."""
        known: Known = {}
        learn_arm(known, block.end, target)
        missed = frozenset(group for var, group in hits.items() if var in known and known[var] == 0)
        return [replace(p, absent=p.absent | missed) for p in passages if not p.held & missed]


@dataclass(slots=True)
class _Ends:
    """Turns passages into ways."""

    program: Program
    headers: Sequence[str]
    holding: Holding
    part: Slice
    """The accesses to what an engine may hold."""
    _reads: dict[int, frozenset[str]] = field(default_factory=dict[int, frozenset[str]])
    _flows: dict[int, Flow] = field(default_factory=dict[int, Flow])
    _unnamed: dict[tuple[int, bool], tuple[tuple[str, str], ...]] = field(
        default_factory=dict[tuple[int, bool], tuple[tuple[str, str], ...]]
    )

    def way(self, passage: Passage, target: int) -> Way:
        restart = target if passage.restart is None else passage.restart
        since = passage.since if passage.restart is not None else frozenset[Effect]()
        before = passage.before if passage.restart is not None else passage.before | passage.since
        conflict, if_held, if_absent = "", dict[str, str](), dict[str, str]()
        for effect in sorted(since):
            words = _words(effect)
            group = self.holding.group_of.get(effect.of, "")
            owned = effect.kind in ("use", "max") and group not in passage.held
            if effect.kind in _TWICE or (owned and (not group or group in passage.absent)):
                conflict = conflict or words
            elif owned:
                if_absent.setdefault(group, words)
            if effect.kind == "max" and group and effect.of in self.reads(restart):
                again = f"{effect.of} has been written, and the owner would read the new value instead of the old one"
                if group in passage.held:
                    conflict = conflict or again
                elif group not in passage.absent:
                    if_held.setdefault(group, again)
        if not conflict and _frames(before):
            conflict = "the output has been begun, and the next engine would begin again"
        free = passage.absent
        return Way(
            restart, passage.held, passage.absent, conflict,
            tuple(sorted(if_held.items())), tuple(sorted(if_absent.items())),
            tuple(item for item in self.unnamed(restart, records=False) if item[0] not in free),
            tuple(item for item in self.unnamed(restart, records=True) if item[0] not in free),
        )  # fmt: skip

    def known_at(self, stage: int | None, block: str, index: int) -> bool:
        """Whether the cell that is accessed there can be named at the start of a stage."""
        assert stage is not None
        return any((s.block, s.index) == (block, index) and s.keys is not None for s in self.flow(stage).sites)

    def flow(self, stage: int) -> Flow:
        if stage not in self._flows:
            self._flows[stage] = interpret(self.program, (self.headers[stage],), identity, part=self.part)
        return self._flows[stage]

    def reads(self, stage: int) -> frozenset[str]:
        """The registers that an engine may read that goes on at a stage."""
        if stage not in self._reads:
            blocks = block_map(self.program.blocks)
            ops = [op for name in reachable(self.program.blocks, (self.headers[stage],)) for op in blocks[name].ops]
            self._reads[stage] = frozenset(
                op.state for op in ops if isinstance(op, Access) and op.kind in ("read", "rmw")
            )
        return self._reads[stage]

    def unnamed(self, stage: int, *, records: bool) -> tuple[tuple[str, str], ...]:
        """(group, state) of copies that can't be taken back before an engine goes on at a stage, because the keys that
        it may use can't be computed, or only in too many ways."""
        if (stage, records) not in self._unnamed:
            found: dict[bool, dict[str, str]] = {True: {}, False: {}}
            for site in self.flow(stage).sites if self.part.states else ():
                group = self.holding.group_of.get(site.op.state, "")
                is_max = site.op.state in self.holding.max_registers
                for whole, by_group in found.items():
                    if group and site.keys is None and needs_name(site, records=whole, is_max=is_max):
                        by_group.setdefault(group, site.op.state)
            for whole, by_group in found.items():
                self._unnamed[stage, whole] = tuple(sorted(by_group.items()))
        return self._unnamed[stage, records]


def _words(effect: Effect) -> str:
    match effect.kind:
        case "count":
            return f"the packet has been counted in {effect.of}, and the owner would count it again"
        case "digest":
            return f"a digest has been sent to {effect.of}, and the owner would send it again"
        case "call":
            return f"{effect.of}() has been called, and the owner would call it again"
        case _:
            return f"{effect.of} has been accessed, and the owner would do it again"
