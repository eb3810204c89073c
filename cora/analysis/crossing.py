"""What an engine that hands a packet off holds, what it must be able to name, and what travels."""

from __future__ import annotations

from dataclasses import dataclass

from cora.analysis.values import Site, constant_states
from cora.ir.cfg import header_names, op_writes, parser_blocks, predecessors
from cora.ir.nodes import Access, Op, Program


@dataclass(frozen=True, slots=True)
class CopiedStates:
    """How the engine that hands off holds the states: as copies of mutable states, or as something that no owner
    needs to know of (constants, its own part of a counter). What is in neither set it owns itself."""

    copied: frozenset[str]
    harmless: frozenset[str]
    max_registers: frozenset[str]

    def reads_copy(self, op: Op) -> bool:
        """Whether the owner would have to read again what this reads."""
        return isinstance(op, Access) and op.state in self.copied and op.kind in ("lookup", "read", "rmw")


def copied_states(program: Program, copies: frozenset[str], max_registers: frozenset[str]) -> CopiedStates:
    """The rules for an engine that holds copies of these states."""
    constant = constant_states(program)
    counters = frozenset(s.name for s in program.states if s.kind == "counter")
    return CopiedStates(copies - constant - counters, constant | counters, max_registers)


def needs_name(site: Site, *, records: bool, is_max: bool) -> bool:
    """Whether an engine that hands a packet off, and holds copies of this state (or its records), must be able to say
    which cell or entry the owner may access there. A lookup by a key that no engine can compute is left out: analysis
    allows it only where no copy's timer can be ahead."""
    match site.op.kind:
        case "insert" | "update" | "delete":
            return True
        case "lookup":
            return records or site.computable
        case "touch":
            return records
        case "read":
            return is_max
        case _:
            return False


def assigned_in_body(program: Program) -> dict[str, frozenset[str]]:
    """By block: the variables that the body may have written before it, so that parsing doesn't give them."""
    headers = header_names(program)
    sources = predecessors(program.blocks)
    parser = parser_blocks(program)
    ends: dict[str, frozenset[str]] = {}
    starts: dict[str, frozenset[str]] = {}
    for block in program.blocks:
        starts[block.name] = frozenset[str]().union(*(ends[s] for s in sources[block.name]))
        written = (
            frozenset[str]()
            if block.name in parser
            else frozenset[str]().union(*(op_writes(op, headers) for op in block.ops))
        )
        ends[block.name] = starts[block.name] | written
    return starts
