"""Tidies a split program: drops code that nothing reaches, and values that nothing reads."""

from __future__ import annotations

from dataclasses import replace

from cora.analysis.known import Known, folded, follow, join, learn_arm
from cora.ir.cfg import header_names, roots, successors, with_blocks, without_dead
from cora.ir.nodes import INPUTS, Assign, Program


def fold(program: Program) -> Program:
    """The program with branches of known outcome replaced by jumps. Blocks must be in topological order."""
    headers = header_names(program)
    arriving: dict[str, Known] = {}
    for name in roots(program):
        into = (v for resume in program.resumes if resume.block == name for v in resume.into)
        arriving[name] = {v.name: None for v in (*INPUTS, *into)}
    blocks = list(program.blocks)
    for i, block in enumerate(blocks):
        known = arriving.pop(block.name, None)
        if known is None:
            continue  # not reached
        for op in block.ops:
            follow(op, known, headers)
        end = folded(block.end, known)
        for target in successors(end):
            after = dict(known)
            learn_arm(after, end, target)
            arriving[target] = join(arriving[target], after) if target in arriving else after
        blocks[i] = replace(block, end=end)
    return with_blocks(program, blocks)


def drop_dead(program: Program) -> Program:
    """The program without assignments whose value nothing reads."""
    return without_dead(program, lambda op: isinstance(op, Assign))
