"""Writes that may store what is there already."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cora.ir.cfg import header_names, names, op_writes, roots, successors, with_blocks
from cora.ir.nodes import Access, Bin, Block, Branch, Const, Expr, Goto, Op, Program, State
from cora.lower.simplify import simplify

Held = dict[tuple[str, tuple[Expr, ...], str], Expr]
"""(flow table, key, value field) -> an expression that equals what the entry holds, if it is there."""


@dataclass(frozen=True, slots=True)
class GuardWrites:
    """An update of a flow-table field whose value is known from a lookup of the same key becomes conditional: the
    packet that changes nothing takes a path of its own, without a write. An update with the very value is dropped.

    Before: `hit, s = t.lookup(k); ... t.update[s](k, new)`
    After:  `hit, s = t.lookup(k); ... if (new != s) t.update[s](k, new)`

    After a miss the value is not what is stored (the entry may have expired and still be there), but then nothing can
    read the old values again: only an insert brings the key back, and it sets all of them.
    """

    @property
    def name(self) -> str:
        return "guard-writes"

    def run(self, program: Program) -> Program:
        headers = header_names(program)
        states = {s.name: s for s in program.states if s.kind == "flow_table"}
        held_at: dict[str, Held] = {name: {} for name in roots(program)}
        blocks: list[Block] = []
        labels = {b.name for b in program.blocks}
        for block in program.blocks:
            held = dict(held_at[block.name])
            blocks += self._guarded(block, held, states, headers, labels)
            for target in successors(block.end):
                held_at[target] = _meet(held_at[target], held) if target in held_at else dict(held)
        return with_blocks(program, blocks)

    def _guarded(
        self,
        block: Block,
        held: Held,
        states: Mapping[str, State],
        headers: Mapping[str, frozenset[str]],
        labels: set[str],
    ) -> list[Block]:
        done: list[Block] = []
        name = block.name
        ops: list[Op] = []
        for op in block.ops:
            current = held.get((op.state, op.key, op.field)) if isinstance(op, Access) and op.kind == "update" else None
            if isinstance(op, Access) and current is not None:
                changes = simplify(Bin("ne", current, op.args[0]))
                if changes == Const(1, 1):
                    ops.append(op)
                elif changes != Const(0, 1):
                    write, after = _label(f"{block.name}_write", labels), _label(f"{block.name}_written", labels)
                    done.append(Block(name, tuple(ops), Branch(changes, write, after, op.span)))
                    done.append(Block(write, (op,), Goto(after, op.span)))
                    name, ops = after, []
            else:
                ops.append(op)
            note(op, held, states, headers)
        done.append(Block(name, tuple(ops), block.end))
        return done


def note(op: Op, held: Held, states: Mapping[str, State], headers: Mapping[str, frozenset[str]]) -> None:
    """Updates what is known of the entries from before an operation to behind it."""
    written = op_writes(op, headers)
    if written:
        for fact in [f for f, v in held.items() if names(v) & written or any(names(k) & written for k in f[1])]:
            del held[fact]
    if not isinstance(op, Access) or op.state not in states:
        return
    fields = tuple(f.name for f in states[op.state].values)
    match op.kind:
        case "lookup":
            if any(names(k) & written for k in op.key):
                return
            for field, var in zip(fields, op.results[1:], strict=True):
                held[op.state, op.key, field] = var
        case "insert":
            _forget(held, op.state, op.key, None)
            for field, value in zip(fields, op.args, strict=True):
                if not names(value) & written:
                    held[op.state, op.key, field] = value
        case "update":
            _forget(held, op.state, op.key, op.field)
            held[op.state, op.key, op.field] = op.args[0]
        case "delete" | "evict" | "install" | "release" | "adopt" | "forget" | "offer" | "place" | "accept":
            _forget(held, op.state, op.key, None)
        case _:
            pass


def _forget(held: Held, state: str, key: tuple[Expr, ...], field: str | None) -> None:
    """A write through one key may reach the entries of all other keys that look different."""
    for fact in [f for f in held if f[0] == state and f[1] != key and field in (None, f[2])]:
        del held[fact]


def _meet(a: Held, b: Held) -> Held:
    return {fact: value for fact, value in a.items() if b.get(fact) == value}


def _label(hint: str, taken: set[str]) -> str:
    name, number = hint, 1
    while name in taken:
        number += 1
        name = f"{hint}_{number}"
    taken.add(name)
    return name
