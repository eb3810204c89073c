"""What a packet's lookups of flow tables have taught: what a second one of the same entry would give, and what a miss
has left in the variables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cora.analysis.known import Known
from cora.ir.cfg import map_op, names, op_writes, substitute, variables
from cora.ir.nodes import Access, Assign, Const, Expr, Op, State, Var

Key = tuple[Expr, ...]


@dataclass(slots=True)
class Lookups:
    """Of the flow tables in `tables`, at one place of a program."""

    tables: Mapping[str, State]
    done: dict[tuple[str, Key], tuple[Var, ...]] = field(default_factory=dict[tuple[str, Key], tuple[Var, ...]])
    """Lookups by table and key whose results still are what they were, and that would give the same again: within a
    packet time stands still, and nothing but the packet changes an entry."""
    missing: dict[str, dict[str, int]] = field(default_factory=dict[str, dict[str, int]])
    """By variable that says whether there was an entry: the variables that hold these values if there was none."""
    left: dict[str, int] = field(default_factory=dict[str, int])
    """Variables that hold these values because a lookup has missed."""

    def copy(self) -> Lookups:
        return Lookups(self.tables, dict(self.done), {h: dict(v) for h, v in self.missing.items()}, dict(self.left))

    def meet(self, other: Lookups) -> Lookups:
        """What holds where two paths meet."""
        done = {at: results for at, results in self.done.items() if other.done.get(at) == results}
        missing = {hit: values for hit, values in self.missing.items() if other.missing.get(hit) == values}
        left = {name: value for name, value in self.left.items() if other.left.get(name) == value}
        return Lookups(self.tables, done, missing, left)

    def simplified(self, op: Op, known: Known) -> tuple[Op, ...]:
        """The operation with values in place of variables that were never assigned or that a miss has left; assignments
        in place of a lookup that was done. Other variables stay, however well they are known: that two keys are equal
        can be told as long as they are made in the same way."""
        if not isinstance(op, Access):
            return (op,)
        own = {v.name for v in op.results} if op.kind == "rmw" else set[str]()
        used = {v.name: v for e in (*op.key, *op.args) for v in variables(e)}
        values: dict[str, Expr] = {}
        for name, var in used.items():
            value = 0 if name not in known else self.left.get(name)
            if value is not None and name not in own:
                values[name] = Const(value, var.width)
        simple = map_op(op, lambda e: substitute(e, values)) if values else op
        assert isinstance(simple, Access)
        before = self.done.get((simple.state, simple.key)) if simple.kind == "lookup" else None
        if before is None or {v.name for v in before} & {v.name for v in op.results} - _same(before, op.results):
            return (simple,)
        pairs = zip(op.results, before, strict=True)
        return tuple(Assign(new, old, op.span) for new, old in pairs if new != old)

    def follow(self, op: Op, headers: Mapping[str, frozenset[str]]) -> None:
        """Runs an operation."""
        written = op_writes(op, headers)
        for at, results in list(self.done.items()):
            if written & {v.name for v in results} or any(written & names(e) for e in at[1]):
                del self.done[at]
        self.left = {name: value for name, value in self.left.items() if name not in written}
        for hit, values in list(self.missing.items()):
            if hit in written:
                del self.missing[hit]
            elif written & values.keys():
                self.missing[hit] = {name: value for name, value in values.items() if name not in written}
        if not isinstance(op, Access) or op.state not in self.tables:
            return
        if op.kind not in ("lookup", "touch"):
            self.done = {at: results for at, results in self.done.items() if at[0] != op.state}
        if op.kind == "lookup":
            state = self.tables[op.state]
            if not any(written & names(e) for e in op.key):
                self.done[op.state, op.key] = op.results
            absent = state.default or (0,) * len(state.values)
            self.missing[op.results[0].name] = {v.name: x for v, x in zip(op.results[1:], absent, strict=True)}

    def learn(self, known: Known) -> None:
        """Adds the values that variables have where a lookup is known to have missed."""
        for hit, values in self.missing.items():
            if hit in known and known[hit] == 0:
                known.update(values)
                self.left.update(values)


def _same(before: tuple[Var, ...], now: tuple[Var, ...]) -> set[str]:
    """The variables that would be assigned to themselves."""
    return {a.name for a, b in zip(before, now, strict=True) if a == b}
