"""Where a packet that leaves an engine is taken up by the next one, and what must not have happened before.

A packet that has read a mutable copy is taken up at the stage of the first such read (the *restart*): the owner reads
again. So everything after that happens twice, and must be harmless when it does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from cora.analysis.values import constant_states, identity, interpret
from cora.ir.cfg import block_map, header_names, op_writes, parser_blocks, predecessors, reachable
from cora.ir.nodes import Access, Advance, Digest, Emit, Extract, Op, Program

EffectKind = Literal["count", "digest", "max", "owned", "frame"]


class Effect(NamedTuple):
    kind: EffectKind
    of: str


@dataclass(frozen=True, slots=True)
class CopiedStates:
    """How the engine that hands off holds the states: as copies of mutable states, or as something that no owner
    needs to know of (constants, its own part of a counter). What is in neither set it owns itself."""

    copied: frozenset[str]
    harmless: frozenset[str]
    max_registers: frozenset[str]


def copied_states(program: Program, copies: frozenset[str], max_registers: frozenset[str]) -> CopiedStates:
    """The rules for an engine that holds copies of these states."""
    constant = constant_states(program)
    counters = frozenset(s.name for s in program.states if s.kind == "counter")
    return CopiedStates(copies - constant - counters, constant | counters, max_registers)


@dataclass(frozen=True, slots=True)
class Situation:
    """A packet somewhere on its way. `before` happened before the stage at which it would be taken up (the current one,
    as long as it hasn't read a copy), `since` from there on."""

    stage: int = 0
    restart: int | None = None
    before: frozenset[Effect] = frozenset()
    since: frozenset[Effect] = frozenset()

    def enter(self, stage: int) -> Situation:
        """The situation at the start of a block of this stage."""
        if stage == self.stage:
            return self
        if self.restart is None:
            return Situation(stage, None, self.before | self.since, frozenset())
        return replace(self, stage=stage)

    def after(self, op: Op, rules: CopiedStates) -> Situation:
        situation = self
        if isinstance(op, Access) and op.state in rules.copied and op.kind in ("lookup", "read", "rmw"):
            situation = self if self.restart is not None else replace(self, restart=self.stage)
        effect = effect_of(op, rules)
        return situation if effect is None else replace(situation, since=situation.since | {effect})


def effect_of(op: Op, rules: CopiedStates) -> Effect | None:
    """What running the operation twice, or on another engine, could spoil."""
    match op:
        case Digest(receiver=receiver):
            return Effect("digest", receiver)
        case Emit() | Advance() | Extract():
            return Effect("frame", "")
        case Access(kind="count", state=state):
            return Effect("count", state)
        case Access(kind="lookup" | "read" | "touch", state=state) if state in rules.copied:
            return None
        case Access(kind="write", state=state) if state in rules.copied & rules.max_registers:
            return Effect("max", state)
        case Access(state=state) if state not in rules.harmless:
            return Effect("owned", state)
        case _:
            return None


def merge(situations: Iterable[Situation], stage: int) -> Situation:
    """The situation where several paths meet, at the start of a block of `stage`."""
    entered = [s.enter(stage) for s in situations]
    if not entered:
        return Situation(stage)
    restarts = [s.restart for s in entered if s.restart is not None]
    return Situation(
        stage,
        min(restarts) if restarts else None,
        frozenset[Effect]().union(*(s.before for s in entered)),
        frozenset[Effect]().union(*(s.since for s in entered)),
    )


def situations(program: Program, stage_of: Mapping[str, int], rules: CopiedStates) -> dict[str, Situation]:
    """By block: the situation at its end. Blocks are in topological order."""
    sources = predecessors(program.blocks)
    parser = parser_blocks(program)
    found: dict[str, Situation] = {}
    for block in program.blocks:
        if block.name in parser:
            found[block.name] = Situation()
            continue
        situation = merge((found[s] for s in sources[block.name]), stage_of[block.name])
        for op in block.ops:
            situation = situation.after(op, rules)
        found[block.name] = situation
    return found


@dataclass(frozen=True, slots=True)
class Region:
    """What an engine may do from a stage on."""

    reads: frozenset[str]
    """Registers that it may read."""


def region(program: Program, start: str) -> Region:
    blocks = block_map(program.blocks)
    ops = [op for name in reachable(program.blocks, (start,)) for op in blocks[name].ops]
    reads = frozenset(op.state for op in ops if isinstance(op, Access) and op.kind in ("read", "rmw"))
    return Region(reads)


def conflict(situation: Situation, ahead: Region) -> str:
    """Why a packet in this situation can't be handed off to an engine that goes on with `ahead`; "" if it can."""
    if situation.restart is None:
        before, since = situation.before | situation.since, frozenset[Effect]()
    else:
        before, since = situation.before, situation.since
    for kind, of in sorted(since):
        match kind:
            case "count":
                return f"the packet has been counted in {of}, and the owner would count it again"
            case "digest":
                return f"a digest has been sent to {of}, and the owner would send it again"
            case "owned":
                return f"{of} has been accessed, and the owner would do it again"
            case "max" if of in ahead.reads:
                return f"{of} has been written, and the owner would read the new value instead of the old one"
            case _:
                pass
    for kind, _ in sorted(before):
        if kind == "frame":
            return "the output has been begun, and the next engine would begin again"
    return ""


def unnamed_key(program: Program, start: str, rules: CopiedStates) -> str:
    """A state whose copies can't be taken back before the block `start`, because the keys that the owner may use from
    there on can't be computed, or only in too many ways; "" if there is none."""
    for site in interpret(program, (start,), identity).sites:
        op = site.op
        needed = op.kind in ("insert", "update", "delete") or (op.kind == "lookup" and site.computable)
        needed = needed or (op.kind == "read" and op.state in rules.max_registers)
        if op.state in rules.copied and needed and op.kind not in ("write", "rmw") and site.keys is None:
            return op.state
    return ""


def assigned_in_body(program: Program) -> dict[str, frozenset[str]]:
    """By block: the variables that the body may have written before it, so that parsing doesn't give them."""
    headers = header_names(program)
    sources = predecessors(program.blocks)
    parser = parser_blocks(program)
    ends: dict[str, frozenset[str]] = {}
    starts: dict[str, frozenset[str]] = {}
    for block in program.blocks:
        starts[block.name] = frozenset[str]().union(*(ends[s] for s in sources[block.name]))
        written = (
            frozenset[str]()
            if block.name in parser
            else frozenset[str]().union(*(op_writes(op, headers) for op in block.ops))
        )
        ends[block.name] = starts[block.name] | written
    return starts
