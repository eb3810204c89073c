"""How exactly a program needs `$time`."""

from __future__ import annotations

from collections.abc import Iterable

from cora.ir.cfg import end_reads, op_exprs, variables
from cora.ir.nodes import Program

LONGEST_STEP_NS = 10_000_000
STEPS_IN_A_TIMEOUT = 100


def clock_step_ns(programs: Iterable[Program]) -> int:
    """How coarse the clock of a network function's engines may be: moments so close may have one `$time`; 0: none may.

    What its description says, or else: where time does nothing but make entries expire, a hundredth of the shortest
    timeout, 10 ms at most; where a program reads the time, or meters, 0."""
    return min((_step_ns(program) for program in programs), default=0)


def reads_clock(program: Program) -> bool:
    """Whether its engines ask for the time of each packet, and a coarse clock won't do."""
    timed = any(state.kind in ("flow_table", "meter") for state in program.states)
    return (timed or _reads_time(program)) and not _step_ns(program)


def _step_ns(program: Program) -> int:
    if program.clock_step_ns is not None:
        return program.clock_step_ns
    if any(state.kind == "meter" for state in program.states) or _reads_time(program):
        return 0
    timeouts = [ns for state in program.states for ns in state.idle_timeouts_ns]
    return min(LONGEST_STEP_NS, *(ns // STEPS_IN_A_TIMEOUT for ns in timeouts), LONGEST_STEP_NS)


def _reads_time(program: Program) -> bool:
    named: set[str] = set()
    for block in program.blocks:
        named |= end_reads(block.end)
        for op in block.ops:
            named |= {v.name for e in op_exprs(op) for v in variables(e)}
    return "$time" in named
