"""Checksum steps in one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from cora.ir.cfg import header_names, names, op_reads, op_writes
from cora.ir.nodes import Checksum, Expr, Op, Program, width


@dataclass(frozen=True, slots=True)
class FuseChecksums:
    """A checksum that goes on from another's sum, which has no other use, takes over its words. The sum of ones'
    complement is associative, and so is its folding: 0 only if every word is 0.

    Before: `s = checksum 0 minus (a); s = checksum s plus (b)`
    After:  `s = checksum 0 plus (b) minus (a)`
    """

    @property
    def name(self) -> str:
        return "fuse-checksums"

    def run(self, program: Program) -> Program:
        headers = header_names(program)
        return replace(program, blocks=tuple(replace(b, ops=_fused(b.ops, headers)) for b in program.blocks))


def _fused(ops: tuple[Op, ...], headers: Mapping[str, frozenset[str]]) -> tuple[Op, ...]:
    done: list[Op] = []
    for op in ops:
        if isinstance(op, Checksum):
            position = _base(op, done, headers)
            if position is not None:
                base = done.pop(position)
                assert isinstance(base, Checksum)
                added, removed = (*base.added, *op.added), (*base.removed, *op.removed)
                op = replace(op, start=base.start, added=added, removed=removed)
        done.append(op)
    return tuple(done)


def _base(op: Checksum, before: list[Op], headers: Mapping[str, frozenset[str]]) -> int | None:
    """The checksum that this one goes on from, if it may move down to it."""
    if op.start != op.dst or any(op.dst.name in names(e) for e in (*op.added, *op.removed)):
        return None
    written: set[str] = set()
    for position in range(len(before) - 1, -1, -1):
        other = before[position]
        if isinstance(other, Checksum) and other.dst == op.dst:
            used = {n for e in (other.start, *other.added, *other.removed) for n in names(e)}
            free = not other.payload and not used & written and _whole(other.added) and _whole(other.removed)
            return position if free else None
        if op.dst.name in op_reads(other, headers) or op.dst.name in op_writes(other, headers):
            return None
        written |= op_writes(other, headers)
    return None


def _whole(exprs: tuple[Expr, ...]) -> bool:
    """True if nothing is padded behind these, so that others may follow."""
    return sum(width(e) for e in exprs) % 16 == 0
