"""Cuts blocks at state accesses and gathers blocks into stages: single-entry regions that run on one engine.

A stage begins at the body, at an access to a state group that the stage has not met on its way, at each target of a
state-dependent branch (unless the packet is owner-bound: then it stays where it is anyway), at an access that only an
owner may run, and at joins of stages.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from cora.analysis.specialise import Note
from cora.ir.cfg import block_map, parser_blocks, predecessors, successors, with_blocks
from cora.ir.nodes import Access, Block, Digest, Drop, Forward, Goto, Op, Program

GroupOf = Mapping[str, int]


def with_entry(program: Program) -> Program:
    """The program, with an empty block as its parser if it has none, so that stage 0 exists."""
    if program.blocks[0].name != program.body:
        return program
    name = fresh_name("start", (b.name for b in program.blocks))
    return replace(program, blocks=(Block(name, (), Goto(program.body)), *program.blocks))


def fresh_name(base: str, taken: Iterable[str]) -> str:
    """`base`, or `base.2`, `base.3`, ... if that is taken."""
    used = set(taken)
    name, number = base, 2
    while name in used:
        name, number = f"{base}.{number}", number + 1
    return name


def _reads_state(op: Op) -> bool:
    return isinstance(op, Access) and op.kind in ("lookup", "read", "rmw", "meter")


def _counts(op: Op) -> bool:
    return isinstance(op, Digest) or (isinstance(op, Access) and op.kind == "count")


def _cut_before(op: Op, run: Sequence[Op], group_of: GroupOf) -> bool:
    """Whether a block whose operations so far are `run` ends before `op`."""
    if not run:
        return False
    if _counts(op):
        return any(_reads_state(x) for x in run)
    if not isinstance(op, Access):
        return False
    before = [x for x in run if isinstance(x, Access) and x.kind != "count"]
    return not before or any(_counts(x) for x in run) or group_of[before[-1].state] != group_of[op.state]


def cut_blocks(program: Program, group_of: GroupOf) -> Program:
    """Equal in meaning; each run of accesses to one state group begins a block."""
    names = {b.name for b in program.blocks}
    blocks: list[Block] = []
    for block in program.blocks:
        pieces: list[list[Op]] = [[]]
        for op in block.ops:
            if _cut_before(op, pieces[-1], group_of):
                pieces.append([])
            pieces[-1].append(op)
        labels = [block.name]
        for _ in pieces[1:]:
            labels.append(fresh_name(block.name, names))
            names.add(labels[-1])
        ends = [*(Goto(label) for label in labels[1:]), block.end]
        blocks += [Block(n, tuple(ops), end) for n, ops, end in zip(labels, pieces, ends, strict=True)]
    return with_blocks(program, blocks)


@dataclass(slots=True)
class Region:
    """A stage in the making."""

    index: int
    blocks: list[str] = field(default_factory=list[str])
    met: set[int] = field(default_factory=set[int])
    """Groups that were accessed here or on the way into it."""
    reads: bool = False


def regions(program: Program, notes: Mapping[str, Note], group_of: GroupOf) -> list[Region]:
    """The stages of a specialised program, in topological order of their headers; the first is the parser."""
    parser = parser_blocks(program)
    before = predecessors(program.blocks)
    blocks = block_map(program.blocks)
    found = [Region(0, [b.name for b in program.blocks if b.name in parser])]
    where = dict.fromkeys(found[0].blocks, found[0])
    for name in (b.name for b in program.blocks if b.name not in parser):
        sources = {where[s].index: where[s] for s in before[name]}
        region = next(iter(sources.values()))
        cut = notes[name].binds or name == program.body or _starts(blocks[name], notes[name], region, group_of)
        if cut or len(sources) > 1:
            region = Region(len(found), met=set[int]().union(*(s.met for s in sources.values())))
            found.append(region)
        region.blocks.append(name)
        where[name] = region
        for op in blocks[name].ops:
            if isinstance(op, Access) and op.kind != "count":
                region.met.add(group_of[op.state])
            region.reads |= _reads_state(op)
    return found


def _starts(block: Block, note: Note, region: Region, group_of: GroupOf) -> bool:
    if note.divergent:
        return True
    first = next((op for op in block.ops if isinstance(op, Access | Digest)), None)
    if first is None:
        return False
    if _counts(first):
        return region.reads and not note.context.owner_bound
    return isinstance(first, Access) and group_of[first.state] not in region.met


def short(state: str) -> str:
    """The last part of a qualified name."""
    return state.rpartition(".")[2]


def stage_names(program: Program, found: Sequence[Region], notes: Mapping[str, Note]) -> list[str]:
    """A name for each stage that says what it does, all different."""
    blocks = block_map(program.blocks)
    names: list[str] = []
    for region in found:
        inside = [blocks[name] for name in region.blocks]
        name = "parse" if region.index == 0 else _stage_name(inside, notes[region.blocks[0]])
        count = sum(n == name or n.startswith(f"{name} #") for n in names)
        names.append(name if not count else f"{name} #{count + 1}")
    return names


def _stage_name(inside: Sequence[Block], note: Note) -> str:
    accesses = [op for block in inside for op in block.ops if isinstance(op, Access)]
    if note.entered:
        state, _, outcome = note.entered.rpartition(" ")
        return f"{short(state)} {outcome}"
    main = [op for op in accesses if op.kind != "count"]
    if main:
        return f"{main[0].kind} {short(main[0].state)}"
    drops = [b.end.reason for b in inside if isinstance(b.end, Drop)]
    forwards = any(isinstance(b.end, Forward) for b in inside)
    own = {b.name for b in inside}
    leaves = any(target not in own for b in inside for target in successors(b.end))
    if drops and not forwards and not leaves and len(set(drops)) == 1:
        return f"drop: {drops[0]}"
    if accesses:
        return f"count {short(accesses[0].state)}"
    return "classify" if leaves else "forward" if forwards else "drop"
