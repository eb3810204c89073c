"""Operations whose results nobody reads."""

from __future__ import annotations

from dataclasses import dataclass, replace

from cora.ir.cfg import has_effect, header_names, live_before, liveness, op_writes
from cora.ir.nodes import Block, Op, Program


@dataclass(frozen=True, slots=True)
class RemoveDead:
    """Removes operations that only set variables which are not read afterwards. Effects stay.

    Before: `x = h.ip.src; y = 1; forward(y)`
    After:  `y = 1; forward(y)`
    """

    @property
    def name(self) -> str:
        return "remove-dead"

    def run(self, program: Program) -> Program:
        headers = header_names(program)
        at_end = _ends(program)
        blocks: list[Block] = []
        for block in program.blocks:
            live = at_end[block.name]
            kept: list[Op] = []
            for op in reversed(block.ops):
                if has_effect(op) or op_writes(op, headers) & live:
                    kept.append(op)
                    live = live_before(op, live, headers)
            blocks.append(replace(block, ops=tuple(reversed(kept))))
        return replace(program, blocks=tuple(blocks))


def _ends(program: Program) -> dict[str, frozenset[str]]:
    """By block: the variables read behind its last operation (its terminator included)."""
    from cora.ir.cfg import end_reads

    at_end = liveness(program).at_end
    return {b.name: at_end[b.name] | end_reads(b.end) for b in program.blocks}
