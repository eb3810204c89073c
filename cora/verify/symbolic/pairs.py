"""Split and whole on one packet, side by side, and how ways that meet again are made one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import islice, product
from typing import Any

from cora.verify.symbolic.facts import Facts
from cora.verify.symbolic.frames import Frame
from cora.verify.symbolic.machine import Crossing, DroppedFor, Machine, SentTo, Verdict
from cora.verify.symbolic.states import Entry, FlowState, Key, Stores
from cora.verify.symbolic.terms import Common, Cond, both, either, fit, is_truth_value, skeleton, value_of, width

Digests = tuple[tuple[str, tuple[Any, ...]], ...]
Visit = Callable[[str, Any], Any]
"""Is shown each term with the name of its place, and gives what is to stand there."""
Trail = tuple[str, tuple[str, ...]]
"""An engine's role, and the blocks that the packet visited there."""


@dataclass(slots=True)
class Pair:
    """The running engine of the split with the states of the other one, and the whole program."""

    split: Machine
    other: Stores
    whole: Machine
    facts: Facts
    hops: int = 0
    """Hand-offs so far."""
    digests: Digests = ()
    """Of the engines that have handed the packet off."""
    trails: tuple[Trail, ...] = ()
    merged: bool = False
    """Stands for more than one way; it may also stand for none."""

    def copy(self) -> Pair:
        return replace(self, split=self.split.copy(), whole=self.whole.copy(), facts=self.facts.copy())

    @property
    def near(self) -> Stores:
        return self.split.stores if self.split.role == "near" else self.other

    @property
    def far(self) -> Stores:
        return self.split.stores if self.split.role == "far" else self.other

    @property
    def every_trail(self) -> tuple[Trail, ...]:
        return (*self.trails, (self.split.role, self.split.trail))


# ---------------------------------------------------------------- visiting every term of a pair


def rebuilt(pair: Pair, visit: Visit) -> Pair:
    """The pair with every term that still matters replaced by what `visit` gives for it, in a fixed order."""
    return replace(
        pair,
        split=_machine(pair.split, "split", visit),
        whole=_machine(pair.whole, "whole", visit),
        other=_stores(pair.other, "other", visit),
        digests=_digests(pair.digests, "digests", visit),
    )


def _machine(machine: Machine, name: str, visit: Visit) -> Machine:
    if machine.verdict is not None:
        machine = replace(machine, env={}, frame=Frame(), cursor=0, output=())
        live = frozenset[str]()
    else:
        block, live = machine.live()
        if not machine.code.sees_frame(block):
            machine = replace(machine, frame=Frame(), cursor=0, output=())
    env = {v: visit(f"{name}.{v}", machine.env[v]) for v in sorted(live & machine.env.keys())}
    return replace(
        machine,
        env=env,
        stores=_stores(machine.stores, f"{name}.stores", visit),
        frame=_frame(machine.frame, f"{name}.frame", visit),
        output=_terms(machine.output, f"{name}.output", visit),
        digests=_digests(machine.digests, f"{name}.digests", visit),
        verdict=_verdict(machine.verdict, f"{name}.verdict", visit),
    )


def _terms(terms: Sequence[Any], name: str, visit: Visit) -> tuple[Any, ...]:
    return tuple(visit(f"{name}.{i}", t) for i, t in enumerate(terms))


def _frame(frame: Frame, name: str, visit: Visit) -> Frame:
    return Frame(_terms(frame.pieces, name, visit), frame.tail)


def _digests(digests: Digests, name: str, visit: Visit) -> Digests:
    return tuple((r, _terms(fields, f"{name}.{i}.{r}", visit)) for i, (r, fields) in enumerate(digests))


def _verdict(verdict: Verdict | None, name: str, visit: Visit) -> Verdict | None:
    match verdict:
        case SentTo(port=port, frame=frame):
            return SentTo(visit(f"{name}.port", port), _frame(frame, name, visit))
        case Crossing():
            values = _terms(verdict.values, f"{name}.value", visit)
            return replace(verdict, values=values, frame=_frame(verdict.frame, name, visit))
        case DroppedFor() | None:
            return verdict


def _stores(stores: Stores, name: str, visit: Visit) -> Stores:
    flows = {
        s: FlowState(visit(f"{name}.{s}.size", flow.size), _log(flow.log, f"{name}.{s}", visit, _entry))
        for s, flow in sorted(stores.flows.items())
    }
    registers = {s: _log(log, f"{name}.{s}", visit, _terms) for s, log in sorted(stores.registers.items())}
    counters = {s: _terms(log, f"{name}.counters.{s}", visit) for s, log in sorted(stores.counters.items())}
    meters = {s: _log(log, f"{name}.{s}", visit, _terms) for s, log in sorted(stores.meters.items())}
    return Stores(flows, registers, counters, meters)


def _log(
    log: Sequence[tuple[Key, Any]], name: str, visit: Visit, of: Callable[[Any, str, Visit], Any]
) -> tuple[tuple[Key, Any], ...]:
    return tuple(
        (_terms(key, f"{name}.{i}.key", visit), of(what, f"{name}.{i}", visit)) for i, (key, what) in enumerate(log)
    )


def _entry(entry: Entry, name: str, visit: Visit) -> Entry:
    return Entry(
        visit(f"{name}.present", entry.present), visit(f"{name}.last", entry.last), _terms(entry.values, name, visit)
    )


# ---------------------------------------------------------------- making one of many


def shape(pair: Pair) -> tuple[object, ...]:
    """Pairs of one shape differ in nothing but terms; flags that are known count to the shape."""
    places: list[object] = []

    def note(name: str, term: Any) -> Any:
        told = width(term) == 1 or name == "split.$resume" or ".counters." in name
        known = is_truth_value(term) if width(term) == 0 else value_of(term) if told else None
        places.append((name, known))
        return term

    made = rebuilt(pair, note)
    return (*_place(made.split), *_place(made.whole), pair.hops, *places)


def _place(machine: Machine) -> tuple[object, ...]:
    verdict = machine.verdict
    ended: object = None
    match verdict:
        case SentTo(frame=frame):
            ended = ("sent", frame.tail)
        case DroppedFor(reason=reason):
            ended = ("dropped", reason)
        case Crossing():
            ended = ("crossing", verdict.resume)
        case None:
            ended = None
    at = (machine.block, machine.index) if verdict is None else ()
    return (machine.role, at, machine.cursor, machine.frame.tail, ended)


def make_one(pairs: Sequence[Pair]) -> Pair:
    """One pair that stands for all of these, which are of one shape: where terms differ, their least general form that
    has all of them as instances, with symbols that nothing is known of for what isn't common."""
    if len(pairs) == 1:
        return pairs[0]
    columns: list[list[Any]] = []
    for pair in pairs:
        column: list[Any] = []

        def note(_: str, term: Any, column: list[Any] = column) -> Any:
            column.append(term)
            return term

        rebuilt(pair, note)
        columns.append(column)
    rows = zip(*columns, strict=True)
    common = Common(pairs[0].whole.initial.introduce)
    result = rebuilt(pairs[0], lambda _, __: common.of(next(rows)))
    every = [p.facts for p in pairs]
    facts = _common_facts(every, common)
    _learn_numbers(every, common, facts)
    facts.learn(_any_of(every, facts))
    return replace(result, facts=facts, merged=True)


def _any_of(every: Sequence[Facts], common: Facts) -> Cond:
    """That the packet is one of those of the ways: what each knew of the packet and isn't known to all."""
    return either(*(both(*facts.about_packet(but=common)) for facts in every))


_MOST_NUMBERS = 16


def _learn_numbers(every: Sequence[Facts], common: Common, facts: Facts) -> None:
    """What has become a symbol and was one of a few numbers on each of the ways is one of them all."""
    for terms, made in common.symbols:
        if width(made) > 1:
            ways = [facts.numbers_of(term) for facts, term in zip(every, terms, strict=True)]
            known = [numbers for numbers in ways if numbers is not None]
            numbers = frozenset[int]().union(*known)
            if len(known) == len(ways) and len(numbers) <= _MOST_NUMBERS:
                facts.learn_among(made, numbers)


_MOST_TRIES = 32


def _common_facts(every: Sequence[Facts], common: Common) -> Facts:
    """What all of them know, also where it is said of the terms that have become one."""
    result = every[0]
    for facts in every[1:]:
        result = result.common(facts)
    by_form: list[dict[tuple[int, bool], list[Any]]] = []
    for facts in every[1:]:
        forms: dict[tuple[int, bool], list[Any]] = {}
        for cond, holds in facts.known.values():
            forms.setdefault((skeleton(cond), holds), []).append(cond)
        by_form.append(forms)
    differing = [common.pairs(number) for number in range(1, len(every))]
    for cond, holds in every[0].known.values():
        if result.decide(cond) is None:
            alike = [forms.get((skeleton(cond), holds), []) for forms in by_form]
            candidates = [[c for c in a if fit(cond, c, p)] for a, p in zip(alike, differing, strict=True)]
            for others in islice(product(*candidates), _MOST_TRIES):
                made = common.without_news((cond, *others))
                if made is not None:
                    result.learn(made, holds)
                    break
    return result
