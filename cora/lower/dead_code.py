"""Operations whose results nobody reads."""

from __future__ import annotations

from dataclasses import dataclass

from cora.ir.cfg import has_effect, without_dead
from cora.ir.nodes import Access, Op, Program


@dataclass(frozen=True, slots=True)
class RemoveDead:
    """Removes operations that only set variables which are not read afterwards. Effects stay, and with `keep_reads`
    reads of registers.

    Before: `x = h.ip.src; y = 1; forward(y)`
    After:  `y = 1; forward(y)`
    """

    keep_reads: bool = False

    @property
    def name(self) -> str:
        return "remove-dead"

    def run(self, program: Program) -> Program:
        return without_dead(program, lambda op: not (has_effect(op) or (self.keep_reads and _reads(op))))


def _reads(op: Op) -> bool:
    return isinstance(op, Access) and op.kind == "read"
