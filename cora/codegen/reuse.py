"""Which accesses find the pointer of an earlier lookup of the same key: no second look at the map is needed.

A forward analysis: after a lookup of key K in state S, the C variable `e_S` holds the entry of K until a variable of
K changes or S gains or loses an entry. Where paths join, only what all of them hold survives.
"""

from __future__ import annotations

from cora.ir.cfg import header_names, names, op_writes, roots, successors, topological_order
from cora.ir.nodes import Access, Expr, Op, Program

Held = dict[str, tuple[Expr, ...]]

_LOOKING = frozenset(
    (
        "lookup",
        "peek",
        "update",
        "touch",
        "merge",
        "read",
        "write",
        "rmw",
        "merge_max",
        "evict",
        "release",
        "offer",
        "adopt",
    )
)


def _apply(held: Held, op: Op, headers: dict[str, frozenset[str]], looked: frozenset[str]) -> Held:
    if isinstance(op, Access) and op.state in looked:
        if op.kind in _LOOKING:
            held = {**held, op.state: op.key}
        else:
            held = {state: key for state, key in held.items() if state != op.state}
    written = op_writes(op, headers)
    return {state: key for state, key in held.items() if written.isdisjoint(n for expr in key for n in names(expr))}


def reused(program: Program) -> frozenset[tuple[str, int]]:
    """(block, index of the operation) of the accesses whose entry has been looked up already."""
    headers = header_names(program)
    looked = frozenset(s.name for s in program.states if s.kind in ("flow_table", "register"))
    blocks = {b.name: b for b in program.blocks}
    at_start: dict[str, Held] = {name: {} for name in roots(program)}
    found: set[tuple[str, int]] = set()
    for name in topological_order(program.blocks, roots(program)):
        held = at_start[name]
        for index, op in enumerate(blocks[name].ops):
            if isinstance(op, Access) and op.kind in _LOOKING and held.get(op.state) == op.key:
                found.add((name, index))
            held = _apply(held, op, headers, looked)
        for target in successors(blocks[name].end):
            if target in at_start:
                before = at_start[target]
                at_start[target] = {s: k for s, k in before.items() if held.get(s) == k}
            else:
                at_start[target] = held
    return frozenset(found)
