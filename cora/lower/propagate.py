"""Constants and copies to where they are used."""

from __future__ import annotations

from dataclasses import dataclass, replace

from cora.ir.cfg import header_names, map_end, substitute
from cora.ir.nodes import Assign, Op, Program
from cora.lower.facts import after, apply_facts, known
from cora.lower.simplify import simplify


@dataclass(frozen=True, slots=True)
class Propagate:
    """Uses of a variable that is known to equal a constant or another variable use that instead; expressions are
    simplified; assignments of a value that the variable has already are dropped.

    Before: `a = 5; b = a; c = b + x`
    After:  `a = 5; b = 5; c = x + 5`
    """

    @property
    def name(self) -> str:
        return "propagate"

    def run(self, program: Program) -> Program:
        headers = header_names(program)
        flow_tables = frozenset(s.name for s in program.states if s.kind == "flow_table")
        at_start = known(program).at_start
        blocks = list(program.blocks)
        for i, block in enumerate(blocks):
            facts = at_start[block.name].copy()
            ops: list[Op] = []
            for op in block.ops:
                new = apply_facts(op, facts, flow_tables)
                if not (isinstance(new, Assign) and new.value in (new.dst, facts.get(new.dst.name))):
                    ops.append(new)
                after(op, facts, headers)
            end = map_end(block.end, lambda e, facts=facts: simplify(substitute(e, facts)))
            blocks[i] = replace(block, ops=tuple(ops), end=end)
        return replace(program, blocks=tuple(blocks))
