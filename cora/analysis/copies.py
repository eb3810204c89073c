"""What a copy of a state allows, and whether a state group may have copies at all (`docs/splitting.md`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cora.analysis.graph import AccessSite, CopyForm
from cora.analysis.values import Site
from cora.ir.cfg import block_map, header_names, names, op_writes, predecessors
from cora.ir.nodes import Access, Expr, Program, State

LookedUp = frozenset[tuple[str, tuple[Expr, ...]]]
Conflict = tuple[AccessSite, AccessSite, str]


@dataclass(frozen=True, slots=True)
class Place:
    """An access with what the abstract interpretation knows of it."""

    site: AccessSite
    facts: Site

    @property
    def computable(self) -> bool:
        """Whether every engine can compute the key from the packet alone."""
        return self.site.key not in ("state", "opaque")


def looked_up(program: Program) -> dict[tuple[str, int], LookedUp]:
    """By place of an access (block, index): the flow-table keys that every path to it has looked up, and that still
    have the same value. On an engine with copies those were hits: a miss goes to the owner."""
    headers = header_names(program)
    blocks = block_map(program.blocks)
    flow_tables = {s.name for s in program.states if s.kind == "flow_table"}
    before = predecessors(program.blocks)
    ends: dict[str, LookedUp] = {}
    found: dict[tuple[str, int], LookedUp] = {}
    for block in program.blocks:  # in topological order
        incoming = [ends[p] for p in before[block.name]]
        facts: LookedUp = frozenset.intersection(*incoming) if incoming else frozenset()
        for index, op in enumerate(blocks[block.name].ops):
            found[block.name, index] = facts
            if isinstance(op, Access) and op.kind == "lookup" and op.state in flow_tables:
                facts |= {(op.state, op.key)}
            written = op_writes(op, headers)
            facts = frozenset(f for f in facts if not any(names(e) & written for e in f[1]))
        ends[block.name] = facts
    return found


def runs_on_copy(op: Access, known: LookedUp, max_registers: frozenset[str]) -> bool:
    """Whether an engine that holds a copy of the state may run this access."""
    match op.kind:
        case "lookup" | "read" | "count":
            return True
        case "touch":
            return (op.state, op.key) in known
        case "write":
            return op.state in max_registers
        case _:
            return False


def copy_forms(
    states: Sequence[State], places: Mapping[str, Sequence[Place]], max_registers: frozenset[str]
) -> tuple[tuple[tuple[str, CopyForm], ...], tuple[Conflict, ...]]:
    """The copies that a group allows and the conflicts that forbid them; with a conflict there are no copies."""
    conflicts = [c for state in states for c in _conflicts(state, places[state.name], max_registers)]
    if conflicts or any(state.kind == "meter" for state in states):  # one that nothing uses has no conflict to show
        return (), tuple(conflicts)
    forms: dict[str, CopyForm] = {
        "table": "full",
        "register": "full",
        "counter": "merged",
        "flow_table": "partial",
    }
    copies: tuple[tuple[str, CopyForm], ...] = tuple((s.name, forms[s.kind]) for s in states)
    return copies, ()


def _conflicts(state: State, places: Sequence[Place], max_registers: frozenset[str]) -> list[Conflict]:
    unknown = [p for p in places if not p.computable]
    match state.kind:
        case "flow_table":
            return _flow_table_conflicts(places, unknown, expires=bool(state.idle_timeouts_ns))
        case "register" if state.name in max_registers:
            reads = [p for p in unknown if p.facts.op.kind == "read"]
            writers = [p for p in places if p.facts.op.kind == "write"]
            reason = (
                "a copy may be ahead of the owner in this cell, and the engine that hands a packet off can't "
                "tell which cell the owner will read"
            )
            return [(read.site, writers[0].site, reason) for read in reads]
        case "meter" if places:
            site = places[0].site
            return [(site, site, "every packet takes tokens, and no two engines may spend the same ones")]
        case _:
            return []


def _flow_table_conflicts(places: Sequence[Place], unknown: Sequence[Place], *, expires: bool) -> list[Conflict]:
    touches = [p for p in places if p.facts.op.kind == "touch" and p.site.on_copy]
    lookups = [p for p in places if p.facts.op.kind == "lookup"]
    found: list[Conflict] = []
    for place in unknown:
        kind = place.facts.op.kind
        if kind in ("insert", "update", "delete") and lookups:
            reason = "the owner would change an entry and couldn't say in time which copy is out of date"
            found.append((place.site, lookups[0].site, reason))
        elif kind == "lookup" and touches and expires:
            reason = "a copy's timer may be ahead, and the engine that hands a packet off can't tell which entry"
            found.append((place.site, touches[0].site, reason))
    return found
