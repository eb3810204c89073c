"""The optimisations together, until nothing changes."""

from __future__ import annotations

from dataclasses import dataclass

from cora.ir.nodes import Program
from cora.lower.branches import MergeBlocks, ThreadJumps
from cora.lower.dead_code import RemoveDead
from cora.lower.passes import Pass
from cora.lower.propagate import Propagate


@dataclass(frozen=True, slots=True)
class CleanUp:
    """Propagates, threads jumps, merges blocks and removes dead code in turn, at most `max_rounds` times. Each makes
    work for the others: a constant decides a branch, a block that is gone had the only use of a variable.

    Before: what lowering wrote, statement by statement
    After:  what a person would have written
    """

    name: str = "clean-up"
    max_rounds: int = 12
    keep_reads: bool = False

    @property
    def passes(self) -> tuple[Pass, ...]:
        return (Propagate(), MergeBlocks(), ThreadJumps(), MergeBlocks(), RemoveDead(self.keep_reads))

    def run(self, program: Program) -> Program:
        passes = self.passes
        unchanged = 0
        for each in self.max_rounds * passes:
            after = each.run(program)
            unchanged = unchanged + 1 if after == program else 0
            program = after
            if unchanged == len(passes):
                break
        return program
