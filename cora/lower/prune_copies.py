"""Copies of packets that nothing asks for, and what copies bring along without need."""

from __future__ import annotations

from dataclasses import dataclass, replace

from cora.ir.cfg import liveness, map_end, map_op, substitute, with_blocks
from cora.ir.nodes import Block, Const, Copy, Expr, Op, Program, Resume

_NO_RESUME = {"$resume": Const(0, 8)}


@dataclass(frozen=True, slots=True)
class PruneCopies:
    """Removes the resume points that no copy goes to, and from the others the values that nothing reads behind them.

    Before: `copy session s 1 received (meta.a, meta.b)    resume 1 (meta.a, meta.b): only meta.a is read`
    After:  `copy session s 1 received (meta.a)            resume 1 (meta.a)`
    """

    @property
    def name(self) -> str:
        return "prune-copies"

    def run(self, program: Program) -> Program:
        used: frozenset[int] | None = None
        while used != (used := frozenset(op.resume for b in program.blocks for op in b.ops if isinstance(op, Copy))):
            resumes = tuple(r for r in program.resumes if r.point in used)
            program = replace(program, resumes=resumes)
            program = with_blocks(program, program.blocks)
        if not program.resumes:
            return replace(program, blocks=tuple(map(_never_resumed, program.blocks)))
        return _drop_dead(program)


def _never_resumed(block: Block) -> Block:
    def known(expr: Expr) -> Expr:
        return substitute(expr, _NO_RESUME)

    return Block(block.name, tuple(map_op(op, known) for op in block.ops), map_end(block.end, known))


def _drop_dead(program: Program) -> Program:
    live = liveness(program).at_start
    keep: dict[int, list[bool]] = {}
    resumes: list[Resume] = []
    members = {op.resume: 0 if op.to == "again" else 2 for b in program.blocks for op in b.ops if isinstance(op, Copy)}
    for resume in program.resumes:
        first = members[resume.point]  # the port and the instance come anyway
        keep[resume.point] = [v.name in live[resume.block] for v in resume.into[first:]]
        kept = (v for v, k in zip(resume.into[first:], keep[resume.point], strict=True) if k)
        resumes.append(replace(resume, into=(*resume.into[:first], *kept)))

    def prune(op: Op) -> Op:
        if not isinstance(op, Copy):
            return op
        return replace(op, live=tuple(e for e, k in zip(op.live, keep[op.resume], strict=True) if k))

    blocks = tuple(replace(b, ops=tuple(map(prune, b.ops))) for b in program.blocks)
    return replace(program, blocks=blocks, resumes=tuple(resumes))
