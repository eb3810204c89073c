"""What must hold when split and whole have finished a packet: equal outputs, equal states, the invariant again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cora.verify.symbolic.accesses import inside
from cora.verify.symbolic.frames import aligned
from cora.verify.symbolic.invariant import Held, Initial, Role, bound, time
from cora.verify.symbolic.machine import DroppedFor, SentTo, Verdict
from cora.verify.symbolic.pairs import Digests, Pair
from cora.verify.symbolic.states import Decide, Entry, Key, Stores, find_cell, find_entry, same_key
from cora.verify.symbolic.terms import (
    FALSE,
    TRUE,
    Cond,
    Term,
    all_equal,
    at_most,
    both,
    choose,
    const,
    equal,
    implies,
    larger,
    outcomes,
    plus,
    same,
    width,
)


@dataclass(frozen=True, slots=True)
class Obligation:
    what: str
    cond: Cond


def obligations(pair: Pair, initial: Initial, decide: Decide) -> tuple[Obligation, ...]:
    """All that has to hold at the end of a pair."""
    made = [*_verdicts(pair.split.verdict, pair.whole.verdict)]
    made += _digests((*pair.digests, *pair.split.digests), pair.whole.digests)
    states = _States(pair, initial, decide)
    for held in initial.held.values():
        made += states.of(held)
    return tuple(made)


def _verdicts(split: Verdict | None, whole: Verdict | None) -> Iterator[Obligation]:
    match split, whole:
        case SentTo(), SentTo():
            yield Obligation("the port", equal(split.port, whole.port))
            frames = aligned(split.frame, whole.frame)
            if frames is None:
                yield Obligation("the length of the frame", FALSE)
                return
            yield Obligation("the bytes of the frame", _pieces_equal(frames[0].pieces, frames[1].pieces))
        case DroppedFor(), DroppedFor():
            yield Obligation("the reason of the drop", TRUE if split.reason == whole.reason else FALSE)
        case _:
            yield Obligation("sent or dropped", FALSE)


def _pieces_equal(one: Sequence[Term], other: Sequence[Term]) -> Cond:
    """Piece by piece where both are cut alike, else as a whole."""
    from cora.verify.symbolic.terms import joined

    if [width(p) for p in one] == [width(p) for p in other]:
        return all_equal(one, other)
    return equal(joined(one), joined(other))


def _digests(split: Digests, whole: Digests) -> Iterator[Obligation]:
    if [r for r, _ in split] != [r for r, _ in whole]:
        yield Obligation("the digests", FALSE)
        return
    for (receiver, one), (_, other) in zip(split, whole, strict=True):
        yield Obligation(f"the digest to {receiver}", all_equal(one, other))


@dataclass(frozen=True, slots=True)
class _States:
    pair: Pair
    initial: Initial
    decide: Decide

    def of(self, held: Held) -> Iterator[Obligation]:
        match held.state.kind:
            case "flow_table":
                yield from self._flow_table(held)
            case "register":
                yield from self._register(held)
            case "counter":
                yield from self._counter(held)
            case "meter":
                yield from self._meter(held)
            case "table" | "gate":
                pass

    def stores(self, role: Role) -> Stores:
        return {"near": self.pair.near, "far": self.pair.far, "whole": self.pair.whole.stores}[role]

    # ------------------------------------------------------------ flow tables

    def entry(self, role: Role, name: str, key: Key) -> Entry:
        log = self.stores(role).flows[name].log
        return find_entry(log, key, lambda: self.initial.entry(role, name, key, self.decide), self.decide)

    def _flow_table(self, held: Held) -> Iterator[Obligation]:
        name = held.state.name
        owner: Role = "near" if held.relation == "near" else "far"
        size = equal(self.stores(owner).flows[name].size, self.stores("whole").flows[name].size)
        yield Obligation(f"how many entries {name} has", size)
        logs = [self.stores(role).flows[name].log for role in ("near", "far", "whole")]
        for key in _distinct(k for log in logs for k, _ in log):
            whole, own = self.entry("whole", name, key), self.entry(owner, name, key)
            if held.relation in ("replicated", "sharded"):
                yield from self._copied(held, key, whole, own)
            else:
                yield from self._equal_entries(name, whole, own)

    def _equal_entries(self, name: str, whole: Entry, own: Entry) -> Iterator[Obligation]:
        yield Obligation(f"whether {name} has the entry", equal(whole.present, own.present))
        yield Obligation(f"the timer of an entry of {name}", implies(whole.present, equal(whole.last, own.last)))
        values = all_equal(whole.values, own.values)
        yield Obligation(f"the values of an entry of {name}", implies(whole.present, values))

    def _copied(self, held: Held, key: Key, whole: Entry, far: Entry) -> Iterator[Obligation]:
        name = held.state.name
        near = self.entry("near", name, key)
        yield Obligation(f"no copy of {name} without its owner's entry", implies(near.present, far.present))
        if held.relation == "sharded":
            last = choose(near.present, near.last, far.last)
            values = tuple(choose(near.present, a, b) for a, b in zip(near.values, far.values, strict=True))
        else:
            alike = all_equal(near.values, far.values)
            yield Obligation(f"a copy of {name} has its owner's values", implies(near.present, alike))
            last = choose(near.present, larger(far.last, near.last), far.last)
            values = far.values
        yield from self._equal_entries(name, whole, Entry(far.present, last, values))
        for engine, entry in (("near", near), ("far", far)):
            in_time = implies(entry.present, self.at_most(entry.last, time()))
            yield Obligation(f"no timer of {name} on {engine} is ahead of the time", in_time)

    def at_most(self, term: Term, limit: Term) -> Cond:
        """TRUE where it is known of all that the term may be. Solvers find that hard to see."""
        conds = (at_most(outcome, limit) for outcome in outcomes(term))
        return TRUE if all(c in self.initial.axioms or self.decide(c) for c in conds) else at_most(term, limit)

    # ------------------------------------------------------------ registers, meters, counters

    def cell(self, role: Role, name: str, key: Key) -> tuple[Term, ...]:
        log = self.stores(role).registers.get(name, ())
        return find_cell(log, key, lambda: self.initial.cell(role, name, key), self.decide)

    def _register(self, held: Held) -> Iterator[Obligation]:
        name = held.state.name
        roles: tuple[Role, ...] = ("near",) if held.relation == "near" else ("far",)
        if held.relation in ("equal", "maxima"):
            roles = ("near", "far")
        logs = [self.stores(role).registers.get(name, ()) for role in (*roles, "whole")]
        for key in _distinct(k for log in logs for k, _ in log):
            within = inside(held.state, key)
            whole = self.cell("whole", name, key)
            for role in roles:
                own = self.cell(role, name, key)
                if role == "far" and held.relation == "maxima":
                    cond = both(*(self.at_most(a, b) for a, b in zip(own, whole, strict=True)))
                    yield Obligation(f"{name} on far isn't ahead", implies(within, cond))
                else:
                    yield Obligation(f"{name} on {role}", implies(within, all_equal(own, whole)))
            if held.relation == "maxima":
                cond = both(*(self.at_most(v, bound(held, i, width(v))) for i, v in enumerate(whole)))
                yield Obligation(f"{name} isn't ahead of the time", implies(within, cond))

    def _meter(self, held: Held) -> Iterator[Obligation]:
        name = held.state.name
        role: Role = "near" if held.relation == "near" else "far"
        one, other = (self.stores(r).meters.get(name, ()) for r in (role, "whole"))
        for key in _distinct(k for log in (one, other) for k, _ in log):
            own, whole = (
                find_cell(log, key, lambda: self.initial.meter(name, key), self.decide)  # noqa: B023
                for log in (one, other)
            )
            yield Obligation(f"the buckets of {name}", implies(inside(held.state, key), all_equal(own, whole)))

    def _counter(self, held: Held) -> Iterator[Obligation]:
        name = held.state.name
        split = (*self.pair.near.counters.get(name, ()), *self.pair.far.counters.get(name, ()))
        whole = self.pair.whole.stores.counters.get(name, ())
        if len(split) == len(whole) and all(same(a, b) for a, b in zip(split, whole, strict=True)):
            return
        for index in _distinct((i,) for i in (*split, *whole)):
            counted = equal(_times(split, index[0]), _times(whole, index[0]))
            yield Obligation(f"the count of {name}", implies(inside(held.state, index), counted))


def _times(indices: Sequence[Term], index: Term) -> Term:
    total = const(0, 16)
    for other in indices:
        total = plus(total, choose(equal(other, index), const(1, 16), const(0, 16)))
    return total


def _distinct(keys: Iterator[Key]) -> list[Key]:
    found: list[Key] = []
    for key in keys:
        if not any(same_key(key, other) for other in found):
            found.append(key)
    return found
