"""Reads, arithmetic and writes of one register cell in one operation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from cora.ir.cfg import children, header_names, names, op_writes, substitute
from cora.ir.nodes import Access, Assign, Expr, Op, Program
from cora.lower.simplify import simplify

MAX_NODES = 64
"""Expressions larger than this stay apart: they would be evaluated twice."""


@dataclass(frozen=True, slots=True)
class FuseReadModifyWrite:
    """A read, assignments and a write with the same index in one block become one `rmw`, in the place of the read.

    Before: `x = r.read(i); y = x + 1; r.write(i, y)`
    After:  `x = r.rmw(i, x + 1); y = x + 1`
    """

    @property
    def name(self) -> str:
        return "fuse-rmw"

    def run(self, program: Program) -> Program:
        headers = header_names(program)
        blocks = tuple(replace(b, ops=_fused(b.ops, headers)) for b in program.blocks)
        return replace(program, blocks=blocks)


def _fused(ops: tuple[Op, ...], headers: dict[str, frozenset[str]]) -> tuple[Op, ...]:
    found = list(ops)
    position = 0
    while position < len(found):
        op = found[position]
        if isinstance(op, Access) and op.kind == "read":
            match = _write_for(op, found[position + 1 :], headers)
            if match is not None:
                distance, args = match
                del found[position + 1 + distance]
                found[position] = replace(op, kind="rmw", args=args)
        position += 1
    return tuple(found)


def _write_for(
    read: Access, rest: Sequence[Op], headers: dict[str, frozenset[str]]
) -> tuple[int, tuple[Expr, ...]] | None:
    """How far behind the read the write is, and its values in terms of variables at the read."""
    values: dict[str, Expr] = {}  # what assignments behind the read made of variables
    lost: set[str] = {v.name for v in read.results} & {n for k in read.key for n in names(k)}
    for distance, op in enumerate(rest):
        if isinstance(op, Access) and op.state == read.state:
            key = tuple(simplify(substitute(k, values)) for k in op.key)
            args = tuple(simplify(substitute(a, values)) for a in op.args)
            used = {n for e in (*op.key, *op.args) for n in names(e)}
            if op.kind != "write" or key != read.key or used & lost or sum(map(_size, args)) > MAX_NODES:
                return None
            return distance, args
        if isinstance(op, Assign) and not names(op.value) & lost:
            value = substitute(op.value, values)
            lost.discard(op.dst.name)
            if _size(value) <= MAX_NODES:
                values[op.dst.name] = value
                continue
        written = op_writes(op, headers)
        lost |= written
        for name in written:
            values.pop(name, None)
    return None


def _size(expr: Expr) -> int:
    return 1 + sum(_size(c) for c in children(expr))
