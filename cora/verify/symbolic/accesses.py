"""What each access does to symbolic states: `cora.ir.store` on terms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cora.ir.nodes import Access, KeyMatch, State
from cora.ir.store import no_values
from cora.verify.symbolic.frames import Unsupported
from cora.verify.symbolic.invariant import Initial, Role, time
from cora.verify.symbolic.states import (
    Decide,
    Entry,
    Key,
    Stores,
    find_cell,
    find_entry,
    fresh,
    one_function,
    put,
    removed,
    rewritten,
)
from cora.verify.symbolic.terms import (
    FALSE,
    TRUE,
    Cond,
    Term,
    all_equal,
    at_most,
    below,
    both,
    choose,
    const,
    either,
    equal,
    function,
    larger,
    predicate,
    same,
    truth,
    width,
)

_MOST_ROWS = 64
"""A table with more constant rows is taken for one of unknown rows."""
_RED, _YELLOW, _GREEN = 0, 2, 1


@dataclass(frozen=True, slots=True)
class Accesses:
    """The accesses of one engine. `must` decides a condition, or leaves the operation."""

    initial: Initial
    role: Role
    stores: Stores
    decide: Decide
    must: Callable[[Cond], bool]

    def run(self, state: State, op: Access, key: Key, args: tuple[Term, ...]) -> tuple[Term, ...]:
        """The results; changes the stores. Not for `rmw`, whose arguments need its results."""
        match state.kind:
            case "table":
                return self.table(state, key)
            case "flow_table":
                return self.flow_table(state, op, key, args)
            case "register":
                return self.register(op, key, args)
            case "counter":
                self.stores.counters[op.state] = (*self.stores.counters.get(op.state, ()), key[0])
                return ()
            case "meter":
                return self.meter(op.state, state, key, args)
            case "gate":
                return _gate(op)

    # ------------------------------------------------------------ tables of the control plane

    def table(self, state: State, key: Key) -> tuple[Term, ...]:
        """With whatever rows, unless they are constant."""
        if state.const_entries and len(state.entries) <= _MOST_ROWS:
            return self._constant_table(state, key)
        hit = predicate(f"{state.name}.row", key)
        found = self.must(hit)
        values = self.initial.row(state, key) if found else self.initial.default_row(state)
        return (const(int(found), 1), *values)

    def _constant_table(self, state: State, key: Key) -> tuple[Term, ...]:
        lengths = [
            sum(m.extra for f, m in zip(state.key, row.key, strict=True) if f.match == "lpm") for row in state.entries
        ]
        ranked = sorted(zip(state.entries, lengths, strict=True), key=lambda r: (-r[0].priority, -r[1]))
        for row, _ in ranked:
            conds = (_matches(f.match, f.width, m, k) for f, m, k in zip(state.key, row.key, key, strict=True))
            if self.must(both(*conds)):
                return (const(1, 1), *(const(v, f.width) for v, f in zip(row.values, state.values, strict=True)))
        return (const(0, 1), *(const(v, f.width) for v, f in zip(no_values(state), state.values, strict=True)))

    # ------------------------------------------------------------ flow tables

    def entry(self, name: str, key: Key) -> Entry:
        initial = self.initial
        return find_entry(
            self.stores.flows[name].log,
            key,
            lambda: initial.entry(self.role, name, key, self.decide),
            self.decide,
            self.must,
        )

    def flow_table(self, state: State, op: Access, key: Key, args: tuple[Term, ...]) -> tuple[Term, ...]:
        flows, name = self.stores.flows, op.state
        flow, entry = flows[name], self.entry(name, key)
        match op.kind:
            case "lookup":
                hit = self.must(both(entry.present, fresh(state, entry, time())))
                missed = tuple(const(v, f.width) for v, f in zip(no_values(state), state.values, strict=True))
                return (const(int(hit), 1), *(entry.values if hit else missed))
            case "insert":
                stored = self._put(name, key, entry, Entry(TRUE, time(), args))
                return (const(0 if stored else 1, 8),)
            case "install":
                if not self.must(entry.present):
                    self._put(name, key, entry, Entry(TRUE, args[0], args[1:]))
            case "place":
                if not self.must(entry.present):
                    self._put(name, key, entry, Entry(TRUE, args[1], args[2:]))
            case "adopt":
                if self.must(truth(args[0])):
                    self._put(name, key, entry, Entry(TRUE, args[2], args[3:]))
            case "update":
                at = next(i for i, f in enumerate(state.values) if f.name == op.field)
                values = (*entry.values[:at], args[0], *entry.values[at + 1 :])
                flows[name] = rewritten(flow, key, Entry(entry.present, entry.last, values))
            case "touch":
                flows[name] = rewritten(flow, key, Entry(entry.present, time(), entry.values))
            case "merge":
                if self.must(truth(args[0])):
                    flows[name] = rewritten(
                        flow, key, Entry(entry.present, self._later(entry.last, args[1]), entry.values)
                    )
            case "delete":
                flows[name] = removed(flow, key, entry)
            case "forget" | "offer" | "accept":
                pass  # what leaves is gone at once, what is placed is accepted: one packet is under way
            case "peek" | "release" | "evict":
                return self._look(op, state, key, entry)
            case _:
                raise Unsupported(f"{op.kind} on flow table {name}")
        return ()

    def _put(self, name: str, key: Key, old: Entry, new: Entry) -> bool:
        held, flow = self.initial.held[name], self.stores.flows[name]
        copied = self.role == "near" and held.relation in ("replicated", "sharded")
        capacity = const(held.near_capacity if copied else held.state.capacity, 64)
        stored = self.must(either(old.present, below(flow.size, capacity)))
        if stored:
            was = self.decide(old.present)
            known = old.present if was is None else TRUE if was else FALSE
            self.stores.flows[name] = put(flow, key, new, known)
        return stored

    def _look(self, op: Access, state: State, key: Key, entry: Entry) -> tuple[Term, ...]:
        found = self.must(entry.present)
        if found and op.kind != "peek":
            known = Entry(TRUE, entry.last, entry.values)
            self.stores.flows[op.state] = removed(self.stores.flows[op.state], key, known)
        seen = (entry.last, *entry.values) if found else (const(0, 64), *(const(0, f.width) for f in state.values))
        left = (const(1, 32),) if op.kind == "release" else ()
        return (const(int(found), 1), *left, *(seen[:1] if op.kind == "evict" else seen))

    def _later(self, one: Term, other: Term) -> Term:
        if at_most(one, other) in self.initial.axioms:
            return other
        return larger(one, other)

    # ------------------------------------------------------------ registers

    def cell(self, name: str, key: Key) -> tuple[Term, ...]:
        """What a read gives: zeros outside of the register."""
        state = self.initial.held[name].state
        if not self.must(inside(state, key)):
            return tuple(const(0, f.width) for f in state.values)
        return self._stored(name, key)

    def _stored(self, name: str, key: Key) -> tuple[Term, ...]:
        log = self.stores.registers.get(name, ())
        return find_cell(log, key, lambda: self.initial.cell(self.role, name, key), self.decide)

    def write(self, name: str, key: Key, values: tuple[Term, ...]) -> None:
        if self.must(inside(self.initial.held[name].state, key)):
            log = self.stores.registers.get(name, ())
            self.stores.registers[name] = (*log, (key, values))

    def register(self, op: Access, key: Key, args: tuple[Term, ...]) -> tuple[Term, ...]:
        match op.kind:
            case "read":
                return self.cell(op.state, key)
            case "write":
                self.write(op.state, key, args)
            case "merge_max":
                if self.must(truth(args[0])):
                    self._merge_max(op.state, key, args[1:])
            case _:
                raise Unsupported(f"{op.kind} on register {op.state}")
        return ()

    def _merge_max(self, name: str, key: Key, values: tuple[Term, ...]) -> None:
        if self.must(inside(self.initial.held[name].state, key)):
            newest = values
            if not self._nothing_larger(name, key, values):
                own = self._stored(name, key)
                newest = tuple(self._later(a, b) for a, b in zip(own, values, strict=True))
            self.write(name, key, newest)

    def _nothing_larger(self, name: str, key: Key, values: tuple[Term, ...]) -> bool:
        """Whether the cell is known to hold nothing larger, whichever of the keys written before it is. If one of them
        is this key, what was written there is equal; so it need not be asked, which would take a way for each of the
        many cases of which keys are equal."""
        log = self.stores.registers.get(name, ())
        first = self.initial.cell(self.role, name, key)
        return all(
            same(a, b) or at_most(a, b) in self.initial.axioms for a, b in zip(first, values, strict=True)
        ) and all(
            one_function(old, written, new, key) or self.decide(all_equal(written, key)) is False
            for written, stored in log
            for old, new in zip(stored, values, strict=True)
        )

    # ------------------------------------------------------------ meters

    def meter(self, name: str, state: State, key: Key, args: tuple[Term, ...]) -> tuple[Term, ...]:
        """The colour and the next state of a cell are uninterpreted functions of all that they depend on."""
        amount, colour = args
        if not self.must(inside(state, key)):
            red_or_yellow = either(*(equal(colour, const(c, width(colour))) for c in (_RED, _YELLOW)))
            return (choose(red_or_yellow, colour, const(_GREEN, width(colour))),)
        log = self.stores.meters.get(name, ())
        cells = find_cell(log, key, lambda: self.initial.meter(name, key), self.decide, self.must)
        inputs = (cells[0], time(), amount, colour)
        result = function(f"{name}.colour", inputs, width(colour))
        self.initial.axioms.add(result, at_most(result, const(2, width(colour))))
        after = function(f"{name}.after", inputs, 64)
        self.stores.meters[name] = (*log, (key, (after,)))
        return (result,)


def _gate(op: Access) -> tuple[Term, ...]:
    """One packet is under way: its stamp is the last one, and no other frame is out."""
    return tuple(const(1, var.width) for var in op.results)


def inside(state: State, key: Key) -> Cond:
    if state.capacity >= 1 << width(key[0]):
        return TRUE
    return below(key[0], const(state.capacity, width(key[0])))


def _matches(kind: str, bits: int, match: KeyMatch, key: Term) -> Cond:
    """`cora.ir.store.matches` on a term."""
    if kind == "exact":
        return equal(key, const(match.value, bits))
    if kind == "range":
        if match.value > match.extra:
            return FALSE
        return both(at_most(const(match.value, bits), key), at_most(key, const(match.extra, bits)))
    mask = match.extra if kind != "lpm" else ((1 << match.extra) - 1) << (bits - match.extra)
    return equal(key & const(mask, bits), const(match.value & mask, bits))
