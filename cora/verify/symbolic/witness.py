"""From an end that isn't proved to a concrete case: what z3 found, with the real hashes and checksums."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from cora.ir.nodes import State
from cora.verify.symbolic.case import Case, FlowCase, StateCase, Stored
from cora.verify.symbolic.explore import Explorer, Failure
from cora.verify.symbolic.frames import length
from cora.verify.symbolic.functions import real_function
from cora.verify.symbolic.invariant import Held
from cora.verify.symbolic.terms import (
    Application,
    Cond,
    all_equal,
    application,
    at_most,
    both,
    const,
    equal,
    implies,
    negate,
    number_in,
    symbol,
)

_MOST_ROUNDS = 40
_SHORT_FRAMES = (64, 256)
_FEW_ENTRIES = 16


def case_of(explorer: Explorer, failure: Failure) -> Case | None:
    """A case that takes the failure's way and breaks what it should not; None if z3 finds none with the real functions
    in the place of the uninterpreted ones."""
    oracle = explorer.oracle
    wanted = negate(both(*(o.cond for o in failure.violated)))
    conds = oracle.relevant(failure.pair.facts, [*failure.pair.facts.conditions(), wanted])
    names = sorted(frozenset[str]().union(*(oracle.symbols.names(c) for c in conds)))
    applied = [made for name in names if (made := application(name)) is not None]
    conds = _with_preferences(explorer, conds, names)
    for _ in range(_MOST_ROUNDS):
        model = oracle.model(conds)
        if model is None:
            return None
        wrong = list(_unreal(applied, model))
        if not wrong:
            return _Reader(explorer, model, names, applied).case()
        pinned = [*conds, *(both(arguments, result) for arguments, result in wrong)]
        conds = pinned if oracle.model(pinned) is not None else [*conds, *(implies(a, r) for a, r in wrong)]
    return None


def _with_preferences(explorer: Explorer, conds: list[Cond], names: Iterable[str]) -> list[Cond]:
    """Short frames and nearly empty tables, where that is possible."""
    wishes = [at_most(length(), const(n, 16)) for n in _SHORT_FRAMES]
    wishes += [at_most(symbol(n, 64), const(_FEW_ENTRIES, 64)) for n in names if n.endswith((".size", ".copies"))]
    for wish in wishes:
        if explorer.oracle.model([*conds, wish]) is not None:
            conds = [*conds, wish]
    return conds


def _unreal(applied: Iterable[Application], model: Mapping[Any, Any]) -> Iterable[tuple[Cond, Cond]]:
    """Applications that the model gives other results than the real functions: their arguments, the real result."""
    for made in applied:
        real = real_function(made.function)
        if real is None:
            continue
        arguments = [number_in(model, a) for a in made.arguments]
        result = real(*arguments)
        if number_in(model, made.symbol) != result:
            known = [const(v, a.size()) for v, a in zip(arguments, made.arguments, strict=True)]
            yield all_equal(made.arguments, known), equal(made.symbol, const(result, made.symbol.size()))


class _Reader:
    """Reads a case out of a model."""

    def __init__(
        self, explorer: Explorer, model: Mapping[Any, Any], names: Iterable[str], applied: Iterable[Application]
    ) -> None:
        self.explorer = explorer
        self.model = model
        self.names = frozenset(names)
        self.values: dict[tuple[str, tuple[int, ...]], int] = {}
        for made in applied:
            key = tuple(number_in(model, a) for a in made.arguments)
            self.values[made.function, key] = number_in(model, made.symbol)

    def number(self, name: str, width: int) -> int:
        return number_in(self.model, symbol(name, width))

    def case(self) -> Case:
        size = self.number("length", 16)
        frame = bytes(self.number(f"byte{i}", 8) if f"byte{i}" in self.names else 0 for i in range(size))
        states = [self.state(held) for held in self.explorer.initial.held.values()]
        return Case(
            frame,
            self.number("port", 16),
            self.number("time", 64),
            self.number("seed", 64),
            tuple(s for s in states if s is not None),
        )

    def keys(self, functions: Iterable[str]) -> list[tuple[int, ...]]:
        wanted = frozenset(functions)
        return sorted({key for function, key in self.values if function in wanted})

    def fields(self, state: State, key: tuple[int, ...], between: str = "") -> tuple[int, ...]:
        return tuple(self.values.get((f"{state.name}.{between}{f.name}", key), 0) for f in state.values)

    def state(self, held: Held) -> StateCase | None:
        state, name = held.state, held.state.name
        match state.kind:
            case "table" if state.const_entries:
                return None
            case "table":
                rows = tuple(
                    (k, self.fields(state, k)) for k in self.keys([f"{name}.row"]) if self.values[f"{name}.row", k]
                )
                default = tuple(self.number(f"{name}.default.{f.name}", f.width) for f in state.values)
                return StateCase(name, default=default, rows=rows)
            case "flow_table":
                parts = ("present", "copied", "last", "copy_last", *(f.name for f in state.values))
                flows = tuple(self.flow(held, key) for key in self.keys(f"{name}.{p}" for p in parts))
                full = self.number(f"{name}.size", 64) >= state.capacity
                copies = self.number(f"{name}.copies", 64) >= held.near_capacity
                return StateCase(name, flows=flows, full=(full, copies and held.relation in ("replicated", "sharded")))
            case "register":
                parts = (f"{name}.{between}{f.name}" for f in state.values for between in ("", "behind."))
                cells = tuple(self.cell(held, key) for key in self.keys(parts) if key[0] < state.capacity)
                return StateCase(name, cells=cells)
            case "meter":
                return StateCase(name, colours=tuple(self.colours(name)))
            case "counter" | "gate":
                return None

    def flow(self, held: Held, key: tuple[int, ...]) -> FlowCase:
        state, name = held.state, held.state.name
        owner: Stored | None = None
        copy: Stored | None = None
        if self.values.get((f"{name}.present", key), 0):
            owner = (self.fields(state, key), self.values.get((f"{name}.last", key), 0))
            if held.relation in ("replicated", "sharded") and self.values.get((f"{name}.copied", key), 0):
                values = self.fields(state, key, "record.") if held.relation == "sharded" else owner[0]
                copy = (values, self.values.get((f"{name}.copy_last", key), 0))
        return FlowCase(key, owner, copy)

    def cell(self, held: Held, key: tuple[int, ...]) -> tuple[int, tuple[int, ...], tuple[int, ...]]:
        newest = self.fields(held.state, key)
        behind = self.fields(held.state, key, "behind.") if held.relation == "maxima" else newest
        return key[0], newest, tuple(map(min, newest, behind))

    def colours(self, name: str) -> Iterable[tuple[int, int]]:
        """The colour that each cell gives: the first one that was asked of it."""
        for (function, (state, *_)), colour in self.values.items():
            if function == f"{name}.colour":
                for (other, key), value in self.values.items():
                    if other == f"{name}.cell" and value == state:
                        yield key[0], colour
