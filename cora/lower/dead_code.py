"""Operations whose results nobody reads."""

from __future__ import annotations

from dataclasses import dataclass, replace

from cora.ir.cfg import end_reads, has_effect, header_names, live_before, op_writes, successors
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
        live_at: dict[str, frozenset[str]] = {}
        blocks: list[Block] = []
        # Successors first: what only dead operations read is not live, so one walk finds chains of them.
        for block in reversed(program.blocks):
            live = end_reads(block.end).union(*(live_at[s] for s in successors(block.end)))
            kept: list[Op] = []
            for op in reversed(block.ops):
                if has_effect(op) or op_writes(op, headers) & live:
                    kept.append(op)
                    live = live_before(op, live, headers)
            live_at[block.name] = live
            blocks.append(replace(block, ops=tuple(reversed(kept))))
        return replace(program, blocks=tuple(reversed(blocks)))
