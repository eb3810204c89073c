"""States that nothing accesses."""

from __future__ import annotations

from dataclasses import dataclass, replace

from cora.ir.nodes import Access, Program


@dataclass(frozen=True, slots=True)
class DropUnusedStates:
    """Before: a register whose only read had no reader. After: no register."""

    @property
    def name(self) -> str:
        return "drop-unused-states"

    def run(self, program: Program) -> Program:
        used = {op.state for b in program.blocks for op in b.ops if isinstance(op, Access)}
        return replace(program, states=tuple(s for s in program.states if s.name in used))
