"""One copy of the code for each outcome of parsing: which headers there are is then known where it is asked.

    read:  extract tcp;  proto = 6; goto body        body.1: (tcp is there, proto is 6) ...
    other: proto = 0;               goto body   =>   body.2: (no tcp, proto is 0)       ...

A copy holds only what its own kind of packet needs, so its values fit into registers and on BPF's small stack, and it
doesn't test what the parser has tested. The program does the same as before; its states, headers and resume points are
the same ones. Copies are told apart by what their block or a later one still reads, so that ways meet again where the
difference no longer matters.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import count

from cora.ir.cfg import (
    block_map,
    has_effect,
    header_names,
    liveness,
    map_end,
    op_writes,
    parser_blocks,
    retarget,
    roots,
    substitute,
    successors,
    with_blocks,
    without_dead,
)
from cora.ir.nodes import (
    INPUTS,
    Assign,
    Block,
    Const,
    Emit,
    Extract,
    Op,
    Program,
    Resume,
    SetValid,
)
from cora.lower.branches import fold_end
from cora.lower.facts import Facts, after, apply_facts, program_variables, with_branch
from cora.lower.simplify import simplify

MOST_GROWTH = 6
"""The copies may be so many times as long as the program; beyond, the program stays as it is."""

_Kind = frozenset[tuple[str, int]]
"""What is known of the variables that are still read: what one copy of a block is for."""


def specialised(program: Program) -> Program:
    """The program with copies of its blocks, or itself if that would be too long."""
    tracked = _told_by_parser(program)
    if not tracked:
        return program
    copies = _Copies(program, tracked)
    blocks = copies.blocks()
    if blocks is None:
        return program
    # What stood behind the parser has several copies now: all of the program counts as body.
    entry = program.blocks[0].name
    found = with_blocks(replace(program, blocks=tuple(blocks), body=entry, resumes=copies.resumes), blocks)
    return without_dead(found, lambda op: not has_effect(op))


def _told_by_parser(program: Program) -> frozenset[str]:
    """Variables that only the parser sets, to constants, and so tell apart what it has found."""
    inside, headers = parser_blocks(program), header_names(program)
    found: set[str] = set()
    other: set[str] = {v.name for v in INPUTS} | {v.name for r in program.resumes for v in r.into}
    for block in program.blocks:
        for op in block.ops:
            constant = _set_to_constant(op)
            found |= constant
            other |= op_writes(op, headers) - constant if block.name in inside else op_writes(op, headers)
    return frozenset(found - other)


def _set_to_constant(op: Op) -> set[str]:
    match op:
        case Extract(header=header) | SetValid(header=header):
            return {f"{header}.$valid"}
        case Assign(dst=dst, value=Const()):
            return {dst.name}
        case _:
            return set()


class _Copies:
    """Walks the program from its roots and makes the copies that are reached."""

    def __init__(self, program: Program, tracked: frozenset[str]) -> None:
        self._widths = {v.name: v.width for v in program_variables(program) if v.name in tracked}
        self._headers = header_names(program)
        self._flow_tables = frozenset(s.name for s in program.states if s.kind == "flow_table")
        self._blocks = block_map(program.blocks)
        self._live = liveness(program).at_start
        self._names: dict[tuple[str, _Kind], str] = {}
        self._copied: set[str] = set()
        self._taken = set(self._blocks)
        self._todo: list[tuple[str, _Kind]] = []
        self._room = MOST_GROWTH * sum(len(b.ops) + 1 for b in program.blocks)
        start = Facts.of({name: Const(0, bits) for name, bits in self._widths.items()})
        entries = {name: self._copy(name, start) for name in roots(program)}
        self.resumes = tuple(Resume(r.point, entries[r.block], r.into) for r in program.resumes)

    def _copy(self, block: str, facts: Facts) -> str:
        """The name of the copy of a block for what is known where it begins."""
        read = self._live[block] & self._widths.keys()
        kind = frozenset((n, v.value) for n in read if isinstance(v := facts.get(n), Const))
        if (block, kind) not in self._names:
            self._names[block, kind] = self._fresh(block)
            self._todo.append((block, kind))
        return self._names[block, kind]

    def _fresh(self, block: str) -> str:
        if block not in self._copied:
            self._copied.add(block)
            return block
        name = next(text for n in count(2) if (text := f"{block}.{n}") not in self._taken)
        self._taken.add(name)
        return name

    def blocks(self) -> list[Block] | None:
        """All copies, the entry first; None if they would be too long."""
        found: list[Block] = []
        while self._todo:
            name, kind = self._todo.pop(0)
            block = self._blocks[name]
            self._room -= len(block.ops) + 1
            if self._room < 0:
                return None
            found.append(self._made(block, kind, self._names[name, kind]))
        return found

    def _made(self, block: Block, kind: _Kind, name: str) -> Block:
        facts = Facts.of({n: Const(value, self._widths[n]) for n, value in kind})
        ops: list[Op] = []
        for op in block.ops:
            if not (isinstance(op, Emit) and facts.get(f"{op.header}.$valid") == Const(0, 1)):
                ops.append(apply_facts(op, facts, self._flow_tables))
            after(op, facts, self._headers)
        end = fold_end(map_end(block.end, lambda e: simplify(substitute(e, facts))))
        known = replace(block, end=end)
        targets = {t: self._copy(t, with_branch(known, t, facts)) for t in successors(end)}
        return Block(name, tuple(ops), retarget(end, lambda t: targets[t]))
