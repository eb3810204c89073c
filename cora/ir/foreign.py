"""Calls of externs that Cora knows no meaning of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from cora.ir.nodes import Assign, Block, Const, Foreign, Op, Program


def foreign_calls(program: Program) -> tuple[Foreign, ...]:
    """All of them, in the order of the blocks."""
    return tuple(op for block in program.blocks for op in block.ops if isinstance(op, Foreign))


def as_if_zero(program: Program) -> Program:
    """The program as it would run if such calls did nothing and gave zeros: for a profile of its packets."""
    if not foreign_calls(program):
        return program
    return replace(program, blocks=tuple(map(_block, program.blocks)))


def _block(block: Block) -> Block:
    return replace(block, ops=tuple(_ops(block.ops)))


def _ops(ops: tuple[Op, ...]) -> Iterator[Op]:
    for op in ops:
        if isinstance(op, Foreign):
            yield from (Assign(var, Const(0, var.width), op.span) for var in op.results)
        else:
            yield op
