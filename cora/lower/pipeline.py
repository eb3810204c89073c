"""From a checked program to optimised IR: the passes in order, and why they are in this order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from cora.frontend.ast import TypedProgram
from cora.ir.check import check_program
from cora.ir.nodes import Program
from cora.lower.assemble import assemble
from cora.lower.clean_up import CleanUp
from cora.lower.fold_inserts import FoldInserts
from cora.lower.fuse_checksums import FuseChecksums
from cora.lower.fuse_flow_registers import CheckFlowIds, FuseFlowRegisters
from cora.lower.fuse_rmw import FuseReadModifyWrite
from cora.lower.guard_writes import GuardWrites
from cora.lower.options import LowerOptions
from cora.lower.passes import Pass
from cora.lower.prune_copies import PruneCopies
from cora.lower.unused_states import DropUnusedStates

ASSEMBLE = "assemble"
"""The step before the first pass: blocks of the architecture joined, calls inlined, loops unrolled."""

PIPELINE: tuple[Pass, ...] = (
    # Inlining leaves copies of arguments and results everywhere. Flow ids must be seen where they are used.
    CleanUp(),
    # Architectures that can copy packets ask, at every place where they can, whether the program wants a copy.
    PruneCopies(),
    # Cells of a register that belong to the entries of a flow table move into the entries.
    FuseFlowRegisters(),
    # What carried the flow ids from place to place is dead now; what isn't is refused.
    CleanUp("clean-up-flow-ids"),
    CheckFlowIds(),
    # The first write of a new entry's values belongs into its insert, before the others get guards.
    FoldInserts(),
    # A program subtracts and adds field by field; one operation goes over the words once.
    FuseChecksums(),
    # Needs reads and writes of a cell in one block, so it comes after blocks were merged and before they are cut.
    FuseReadModifyWrite(),
    # Cuts blocks: afterwards an unchanged entry has a path without a write.
    GuardWrites(),
    # Conditions of guards may be known, and the paths that they open may be straightened.
    CleanUp("clean-up-guards"),
    DropUnusedStates(),
)


def steps(typed: TypedProgram, options: LowerOptions) -> Iterator[tuple[str, Program]]:
    """Each pass's name and what it made, beginning with `assemble`. Raises UserError for what can't be lowered."""
    program = assemble(typed, options)
    yield ASSEMBLE, program
    for each in PIPELINE:
        if isinstance(each, CleanUp):
            each = replace(each, keep_reads=options.keep_reads)
        program = each.run(program)
        yield each.name, program


def pass_names() -> tuple[str, ...]:
    """What `cora ir --after` may name, in order."""
    return (ASSEMBLE, *(each.name for each in PIPELINE))


def lower_program(typed: TypedProgram, options: LowerOptions | None = None, *, after: str | None = None) -> Program:
    """The IR of a checked program, or what it is after one of `pass_names()`.

    Raises UserError (C03xx) for P4 that Cora can't lower, KeyError for a pass that there isn't."""
    if after is not None and after not in pass_names():
        raise KeyError(after)
    made: list[Program] = []
    for name, program in steps(typed, options or LowerOptions()):
        made.append(program)
        if name == after:
            break
    if after in (None, PIPELINE[-1].name):
        check_program(made[-1])  # before, variables may be read that nothing sets (they are 0) or flow ids
    return made[-1]
