"""A copy of the last blocks for packets of which a header has not changed, so that it isn't written back.

    out:  emit ethernet; emit ipv4; forward        out:    (ethernet has other addresses) emit ethernet; emit ipv4; ...
                                             =>    out.2:                                                emit ipv4; ...

Ways that meet with different headers changed stay apart up to their end. The program does the same as before; where
headers are written back where they were read (`deparse.in_place`), each copy writes only what may have changed on its
own ways.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import count

from cora.ir.cfg import block_map, header_names, op_writes, retarget, roots, successors, topological_order, with_blocks
from cora.ir.nodes import Block, Emit, Extract, Op, Program, Resume

MOST_GROWTH = 1.5
"""The program may become so many times as long; beyond, it stays as it is."""

_Changed = frozenset[str]
"""Headers of which some field may differ from the packet and that are emitted later."""


def kept_apart(program: Program) -> Program:
    """The program with such copies, or itself if they would be too long or there is nothing to keep apart."""
    copies = _copies(program)
    lengths = {b.name: len(b.ops) + 1 for b in program.blocks}
    if sum(lengths[b] for b, _ in copies) > MOST_GROWTH * sum(lengths.values()):
        return program
    names = _names(program, copies)
    if len(names) == len(program.blocks):
        return program
    blocks = block_map(program.blocks)
    made: list[Block] = []
    for (name, changed), targets in copies.items():
        block = blocks[name]
        ends = {t: names[t, kind] for t, kind in targets.items()}
        made.append(Block(names[name, changed], block.ops, retarget(block.end, lambda t, ends=ends: ends[t])))
    resumes = tuple(Resume(r.point, names[r.block, frozenset()], r.into) for r in program.resumes)
    # What stood behind the parser may have several copies: all of the program counts as body.
    return with_blocks(replace(program, body=names[program.blocks[0].name, frozenset()], resumes=resumes), made)


def _copies(program: Program) -> dict[tuple[str, _Changed], dict[str, _Changed]]:
    """By copy (a block, the headers that have changed where it begins): the same for its successors."""
    headers = header_names(program)
    emitted = _emitted_from(program)
    blocks = block_map(program.blocks)
    reached: dict[str, set[_Changed]] = {name: {frozenset()} for name in roots(program)}
    found: dict[tuple[str, _Changed], dict[str, _Changed]] = {}
    for name in topological_order(program.blocks, roots(program)):
        for start in sorted(reached[name], key=sorted):
            changed = start
            for op in blocks[name].ops:
                changed = _after(op, changed, headers)
            targets = {t: changed & emitted[t] for t in successors(blocks[name].end)}
            found[name, start] = targets
            for target, kind in targets.items():
                reached.setdefault(target, set()).add(kind)
    return found


def _after(op: Op, changed: _Changed, headers: dict[str, frozenset[str]]) -> _Changed:
    match op:
        case Extract(header=header):
            return changed - {header}
        case Emit():
            return changed
        case _:
            written = op_writes(op, headers)
            return changed | {name for name, fields in headers.items() if not written.isdisjoint(fields)}


def _emitted_from(program: Program) -> dict[str, frozenset[str]]:
    """By block: the headers that it or a later one emits."""
    blocks = block_map(program.blocks)
    found: dict[str, frozenset[str]] = {}
    for name in reversed(topological_order(program.blocks, roots(program))):
        own = frozenset(op.header for op in blocks[name].ops if isinstance(op, Emit))
        found[name] = own.union(*(found[t] for t in successors(blocks[name].end)))
    return found


def _names(
    program: Program, copies: dict[tuple[str, _Changed], dict[str, _Changed]]
) -> dict[tuple[str, _Changed], str]:
    taken = {b.name for b in program.blocks}
    copied: set[str] = set()
    found: dict[tuple[str, _Changed], str] = {}
    for block, changed in copies:
        name = block
        if block in copied:
            name = next(text for n in count(2) if (text := f"{block}.{n}") not in taken)
        copied.add(block)
        taken.add(name)
        found[block, changed] = name
    return found
