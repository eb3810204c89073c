"""Cuts blocks at state accesses and gathers blocks into stages: single-entry regions that run on one engine.

A stage begins at the body, at an access to a state group that the stage has not met on its way, at each target of a
state-dependent branch (unless the packet is bound to that state's owner: then it is there anyway), at an access that
only an owner may run, at a call of an extern that only the host may run, and at joins of stages.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from cora.analysis.specialise import Note
from cora.ir.cfg import block_map, parser_blocks, predecessors, successors, with_blocks
from cora.ir.nodes import Access, Assign, Block, Cast, Const, Digest, Drop, Foreign, Forward, Goto, Op, Program, Var

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
    if isinstance(op, Foreign):
        return True
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
    first = next((op for op in block.ops if isinstance(op, Access | Digest | Foreign)), None)
    if first is None:
        return False
    if isinstance(first, Foreign):
        return True
    if _counts(first):
        bound = note.context.bound
        return region.reads and (not bound or note.context.accessed > bound)
    return isinstance(first, Access) and group_of[first.state] not in region.met


def short(state: str) -> str:
    """The last part of a qualified name."""
    return state.rpartition(".")[2]


def stage_names(program: Program, found: Sequence[Region], notes: Mapping[str, Note]) -> list[str]:
    """A name for each stage that says what it does, all different."""
    blocks = block_map(program.blocks)
    names = ["parse"]
    for region in found[1:]:
        inside = [blocks[name] for name in region.blocks]
        names.append(_stage_name(inside, notes[region.blocks[0]], first=region.blocks[0] == program.body))
    return _told_apart(names, _sources(program, found))


def _sources(program: Program, found: Sequence[Region]) -> list[set[int]]:
    """By stage, the stages that packets come from."""
    stage_of = {block: region.index for region in found for block in region.blocks}
    before = predecessors(program.blocks)
    return [{stage_of[b] for name in r.blocks for b in before[name]} - {r.index} for r in found]


def _told_apart(names: Sequence[str], sources: Sequence[set[int]]) -> list[str]:
    """Stages of one name are told apart by where packets come from, if that is one stage, and by number otherwise."""
    told: list[str] = []
    for name, before in zip(names, sources, strict=True):
        alike = [s for n, s in zip(names, sources, strict=True) if n == name]
        unique = len(before) == 1 and sum(s == before for s in alike) == 1
        told.append(f"{name} after {names[min(before)]}" if len(alike) > 1 and unique else name)
    return [n if (k := told[:i].count(n)) == 0 else f"{n} #{k + 1}" for i, n in enumerate(told)]


_VERBS = {"rmw": "change"}
_FIELDS = {"$profile": "timeout"}


def _stage_name(inside: Sequence[Block], note: Note, *, first: bool) -> str:
    ops = [op for block in inside for op in block.ops]
    accesses = [op for op in ops if isinstance(op, Access)]
    if note.entered:
        state, _, outcome = note.entered.rpartition(" ")
        return f"{short(state)} {outcome}"
    main = [op for op in accesses if op.kind != "count"]
    if main:
        return _access_name(main)
    own = {b.name for b in inside}
    leaves = any(target not in own for b in inside for target in successors(b.end))
    if first and leaves:
        return "check headers" if len(inside) > 1 or len(successors(inside[0].end)) > 1 else "begin"
    drops = {b.end.reason for b in inside if isinstance(b.end, Drop)}
    forwards = any(isinstance(b.end, Forward) for b in inside)
    if len(drops) == 1 and not forwards and not leaves:
        return f"drop: {min(drops)}"
    if accesses:
        return _count_name(accesses)
    called = next((op.function for op in ops if isinstance(op, Foreign)), None)
    if called is not None:
        return f"call {called}"
    digest = next((op.receiver for op in ops if isinstance(op, Digest)), None)
    if digest is not None:
        return f"digest {short(digest)}"
    written = {op.dst.name for op in ops if isinstance(op, Assign)}
    if len(written) > 1:
        written = {name.rpartition(".")[0] for name in written}  # fields of one structure?
    if leaves and len(written) == 1 and all(isinstance(b.end, Goto) for b in inside) and min(written):
        return f"set {_plain(min(written))}"
    return "classify" if leaves else "forward" if forwards else "drop"


def _access_name(main: Sequence[Access]) -> str:
    """After the first access; if all it does is to update one field, with that field."""
    kind, state = main[0].kind, main[0].state
    fields = {op.field for op in main}
    if kind == "update" and len(fields) == 1 and all((op.kind, op.state) == (kind, state) for op in main):
        field = min(fields)
        return f"update {short(state)}.{_FIELDS.get(field, field)}"
    return f"{_VERBS.get(kind, kind)} {short(state)}"


def _count_name(counts: Sequence[Access]) -> str:
    """ "count drops[10]", "count exports by reason", or "count drops" if it isn't one cell."""
    state = counts[0].state
    keys = {op.key for op in counts if op.state == state}
    key = min(keys, key=str)
    if len(keys) > 1 or len(key) != 1:
        return f"count {short(state)}"
    index = key[0]
    while isinstance(index, Cast):
        index = index.a
    match index:
        case Const(value=value):
            return f"count {short(state)}[{value}]"
        case Var(name=name):
            return f"count {short(state)} by {_plain(name)}"
        case _:
            return f"count {short(state)}"


def _plain(variable: str) -> str:
    """The name that a variable has in the source: without where it stands and without the number of its copy."""
    name, _, number = short(variable).rpartition("_")
    return name if name and number.isdigit() else short(variable)
