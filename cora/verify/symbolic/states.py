"""Symbolic states: what a packet finds in them, and what it has written, newest last.

A state is a function of its key that nothing is known of, within the invariant (`cora.verify.symbolic.invariant`),
under a short list of writes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from cora.ir.nodes import State
from cora.verify.symbolic.terms import (
    FALSE,
    TRUE,
    Cond,
    Term,
    all_equal,
    application_at,
    at_most,
    below,
    both,
    choose,
    const,
    either,
    minus,
    negate,
    plus,
    same,
)

Key = tuple[Term, ...]
Decide = Callable[[Cond], "bool | None"]
"""Whether a condition holds; None: not known."""
Must = Callable[[Cond], bool]
"""Whether a condition holds; leaves the operation if that isn't known."""
Values = tuple[Term, ...]
CellLog = tuple[tuple[Key, Values], ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """What a flow table holds for a key. `last` and `values` mean nothing where it isn't present."""

    present: Cond
    last: Term
    values: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class FlowState:
    size: Term
    """How many entries are stored, in 64 bits."""
    log: tuple[tuple[Key, Entry], ...] = ()


@dataclass(slots=True)
class Stores:
    """The states of one engine. Copies share nothing that changes."""

    flows: dict[str, FlowState] = field(default_factory=dict[str, FlowState])
    registers: dict[str, CellLog] = field(default_factory=dict[str, CellLog])
    counters: dict[str, tuple[Term, ...]] = field(default_factory=dict[str, "tuple[Term, ...]"])
    """The index of every count."""
    meters: dict[str, CellLog] = field(default_factory=dict[str, CellLog])

    def copy(self) -> Stores:
        return Stores(dict(self.flows), dict(self.registers), dict(self.counters), dict(self.meters))


def same_key(one: Key, other: Key) -> bool:
    return len(one) == len(other) and all(same(a, b) for a, b in zip(one, other, strict=True))


def find_entry(
    log: tuple[tuple[Key, Entry], ...], key: Key, initial: Callable[[], Entry], decide: Decide, must: Must | None = None
) -> Entry:
    """The entry of a key after the writes of a log. Whether a written key is the same one is asked of `must`; without
    it the entry is made of both cases."""
    if not log:
        return initial()
    written, entry = log[-1]
    cond = TRUE if same_key(written, key) else all_equal(written, key)
    holds = decide(cond) if must is None else must(cond)
    if holds:
        return entry
    older = find_entry(log[:-1], key, initial, decide, must)
    if holds is False:
        return older
    return Entry(
        choose_cond(cond, entry.present, older.present),
        choose(cond, entry.last, older.last),
        tuple(choose(cond, a, b) for a, b in zip(entry.values, older.values, strict=True)),
    )


def choose_cond(cond: Cond, a: Cond, b: Cond) -> Cond:
    return a if same(a, b) else either(both(cond, a), both(negate(cond), b))


def find_cell(
    log: CellLog, key: Key, initial: Callable[[], Values], decide: Decide, must: Must | None = None
) -> Values:
    """The values of a cell after the writes of a log; `must` as for `find_entry`."""
    if not log:
        return initial()
    written, values = log[-1]
    cond = TRUE if same_key(written, key) else all_equal(written, key)
    holds = decide(cond)
    if holds:
        return values
    older = find_cell(log[:-1], key, initial, decide, must)
    if holds is False or all(one_function(v, written, o, key) for v, o in zip(values, older, strict=True)):
        return older
    if must is not None:
        return values if must(cond) else older
    return tuple(choose(cond, new, old) for new, old in zip(values, older, strict=True))


def one_function(one: Term, at: Key, other: Term, key: Key) -> bool:
    """The terms are one function, applied to the two keys: where the keys are equal, so are they."""
    first, second = application_at(one), application_at(other)
    if first is None or second is None or first.function != second.function:
        return False
    return same_key(first.arguments, at) and same_key(second.arguments, key)


def fresh(state: State, entry: Entry, now: Term) -> Cond:
    """The entry, if there is one, is not older than its timeout."""
    timeouts = state.idle_timeouts_ns
    if not timeouts:
        return TRUE
    limit = const(timeouts[-1], 64)
    if len(timeouts) > 1:
        profile = entry.values[0]
        for number in range(len(timeouts) - 2, -1, -1):
            cond = at_most(profile, const(number, 8)) if number else all_equal((profile,), (const(0, 8),))
            limit = choose(cond, const(timeouts[number], 64), limit)
    return either(below(now, entry.last), at_most(minus(now, entry.last), limit))


def put(flow: FlowState, key: Key, entry: Entry, was: Cond) -> FlowState:
    """The entry is stored over what was there; `was` says whether something was."""
    size = choose(was, flow.size, plus(flow.size, const(1, 64)))
    return FlowState(size, (*flow.log, (key, entry)))


def rewritten(flow: FlowState, key: Key, entry: Entry) -> FlowState:
    """An entry changed in place."""
    return FlowState(flow.size, (*flow.log, (key, entry)))


def removed(flow: FlowState, key: Key, entry: Entry) -> FlowState:
    size = choose(entry.present, minus(flow.size, const(1, 64)), flow.size)
    return FlowState(size, (*flow.log, (key, Entry(FALSE, entry.last, entry.values))))
