"""What is known on a path, and the solver that is asked when that isn't enough."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from time import process_time
from typing import Any, Literal

import z3

from cora.verify.symbolic.terms import (
    Application,
    Cond,
    Term,
    application,
    congruence,
    const,
    either,
    equal,
    negate,
    width,
)

Answer = Literal["possible", "impossible", "unknown"]


class OutOfTime(Exception):
    """The time for the whole check is over."""


class Symbols:
    """Which symbols each term talks about, by name; with one that is an application, its function too."""

    def __init__(self) -> None:
        self._names: dict[int, frozenset[str]] = {}
        self._alive: list[Any] = []  # an id may be used again once its term is gone

    def names(self, term: Any) -> frozenset[str]:
        key = term.get_id()
        found = self._names.get(key)
        if found is None:
            found = self._names[key] = self._of(term)
            self._alive.append(term)
        return found

    def _of(self, term: Any) -> frozenset[str]:
        if not z3.is_const(term):
            return frozenset[str]().union(*(self.names(child) for child in term.children()))
        if term.decl().kind() != z3.Z3_OP_UNINTERPRETED:
            return frozenset()
        name: str = term.decl().name()
        made = application(name)
        return frozenset((name,) if made is None else (name, f"function {made.function}"))


@dataclass(slots=True)
class Facts:
    """The conditions that hold on a path, by the id of their text. Copies share nothing that changes."""

    known: dict[int, tuple[Cond, bool]] = field(default_factory=dict[int, "tuple[Cond, bool]"])
    numbers: dict[int, tuple[Term, int]] = field(default_factory=dict[int, "tuple[Term, int]"])
    """Terms that are known to equal a number."""
    among: dict[int, tuple[Term, frozenset[int]]] = field(default_factory=dict[int, "tuple[Term, frozenset[int]]"])
    """Terms that are known to equal one of a few numbers."""

    def copy(self) -> Facts:
        return Facts(dict(self.known), dict(self.numbers), dict(self.among))

    def decide(self, cond: Cond) -> bool | None:
        """Whether the condition holds, if its text says so."""
        if z3.is_true(cond):
            return True
        if z3.is_false(cond):
            return False
        if z3.is_not(cond):
            inner = self.decide(cond.arg(0))
            return None if inner is None else not inner
        found = self.known.get(cond.get_id())
        if found is not None:
            return found[1]
        if z3.is_and(cond):
            return self._all([self.decide(c) for c in cond.children()])
        if z3.is_or(cond):
            answer = self._all([_negated(self.decide(c)) for c in cond.children()])
            return _negated(answer)
        if z3.is_eq(cond):
            return self._equality(cond)
        return None

    @staticmethod
    def _all(answers: list[bool | None]) -> bool | None:
        if any(a is False for a in answers):
            return False
        return None if None in answers else True

    def _equality(self, cond: Cond) -> bool | None:
        a, b = cond.arg(0), cond.arg(1)
        one, other = self.numbers_of(a), self.numbers_of(b)
        if one is None or other is None:
            return None
        return False if one.isdisjoint(other) else True if len(one) == len(other) == 1 else None

    def number(self, term: Term) -> int | None:
        if z3.is_bv_value(term):
            return term.as_long()
        found = self.numbers.get(term.get_id())
        return None if found is None else found[1]

    def numbers_of(self, term: Term) -> frozenset[int] | None:
        """The numbers that a term may be, if only few are known to be possible."""
        number = self.number(term)
        if number is not None:
            return frozenset((number,))
        found = self.among.get(term.get_id())
        return None if found is None else found[1]

    def learn_among(self, term: Term, numbers: frozenset[int]) -> None:
        """That a term is one of a few numbers."""
        self.among[term.get_id()] = (term, numbers)
        self.learn(either(*(equal(term, const(n, width(term))) for n in sorted(numbers))))

    def learn(self, cond: Cond, holds: bool = True) -> None:
        if z3.is_not(cond):
            self.learn(cond.arg(0), not holds)
            return
        if z3.is_true(cond) or z3.is_false(cond):
            return
        self.known[cond.get_id()] = (cond, holds)
        if (holds and z3.is_and(cond)) or (not holds and z3.is_or(cond)):
            for child in cond.children():
                self.learn(child, holds)
        if holds and z3.is_eq(cond):
            a, b = cond.arg(0), cond.arg(1)
            for x, y in ((a, b), (b, a)):
                if z3.is_bv_value(y):
                    self.numbers[x.get_id()] = (x, y.as_long())

    def conditions(self) -> list[Cond]:
        return [cond if holds else negate(cond) for cond, holds in self.known.values()]

    def about_packet(self, but: Facts | None = None) -> list[Cond]:
        """The conditions that talk of nothing but the packet as it came in; not those that others know as well."""
        known = {} if but is None else but.known
        of_packet = [(key, *fact) for key, fact in self.known.items() if _of_packet(fact[0])]
        return [
            cond if holds else negate(cond)
            for key, cond, holds in of_packet
            if key not in known or known[key][1] != holds
        ]

    def common(self, other: Facts) -> Facts:
        """What both know."""
        known = {k: v for k, v in self.known.items() if k in other.known and other.known[k][1] == v[1]}
        numbers = {k: v for k, v in self.numbers.items() if k in other.numbers and other.numbers[k][1] == v[1]}
        among = {k: (t, n | other.among[k][1]) for k, (t, n) in self.among.items() if k in other.among}
        return Facts(known, numbers, among)


_PACKET = frozenset(("port", "length", "seed", "time"))
_symbols = Symbols()


def _of_packet(cond: Cond) -> bool:
    return all(name in _PACKET or name.startswith("byte") for name in _symbols.names(cond))


def _negated(answer: bool | None) -> bool | None:
    return None if answer is None else not answer


class Axioms:
    """Conditions that hold for every packet and every state within the invariant, each about one symbol: it is
    of interest where that occurs."""

    def __init__(self) -> None:
        self.about: dict[str, dict[int, Cond]] = {}
        self._known: set[int] = set()

    def add(self, symbol: Term, cond: Cond) -> None:
        if not z3.is_true(cond):
            self.about.setdefault(symbol.decl().name(), {})[cond.get_id()] = cond
            self._known.add(cond.get_id())

    def __contains__(self, cond: Cond) -> bool:
        return cond.get_id() in self._known


class Oracle:
    """z3 with a limit on each question. It is only told what has a symbol in common with the question, directly or by
    way of others: what is left out could not change the answer, as paths and axioms are possible by themselves."""

    def __init__(self, axioms: Axioms, limit_ms: int, deadline_s: float = float("inf")) -> None:
        self.axioms = axioms
        self.limit_ms = limit_ms
        self.deadline_s = deadline_s
        self.symbols = Symbols()
        self.asked = 0
        self.undecided = 0
        self._answers: dict[frozenset[int], Answer] = {}

    def possible(self, facts: Facts, *wanted: Cond) -> Answer:
        """Whether the conditions can hold together with the facts. Raises `OutOfTime` at the deadline, as all
        questions do."""
        if any(z3.is_false(c) for c in wanted):
            return "impossible"
        relevant = self.relevant(facts, wanted)
        key = frozenset(c.get_id() for c in relevant)
        if key not in self._answers:
            self._answers[key] = self._ask(relevant)
        return self._answers[key]

    def relevant(self, facts: Facts, wanted: Iterable[Cond]) -> list[Cond]:
        """The wanted conditions, and what of the facts, the axioms and the functions may matter to them."""
        found = {c.get_id(): c for c in wanted}
        fresh = list(found.values())
        rest = [(c, self.symbols.names(c)) for c in facts.conditions()]
        reached = frozenset[str]()
        met: dict[str, list[Application]] = {}
        while fresh:
            new = frozenset[str]().union(*(self.symbols.names(c) for c in fresh)) - reached
            reached |= new
            axioms = [c for name in new for c in self.axioms.about.get(name, {}).values()]
            equalities = [c for name in sorted(new) for c in _congruences(name, met)]
            near = [c for c, names in rest if names & reached]
            rest = [(c, names) for c, names in rest if not names & reached]
            fresh = [c for c in (*axioms, *equalities, *near) if c.get_id() not in found]
            found |= {c.get_id(): c for c in fresh}
        return list(found.values())

    def _ask(self, conds: list[Cond]) -> Answer:
        solver = self.solver(conds)
        self.asked += 1
        match solver.check():
            case z3.sat:
                return "possible"
            case z3.unsat:
                return "impossible"
            case _:
                self.undecided += 1
                self.in_time()
                return "unknown"

    def in_time(self) -> float:
        """How many seconds are left of the whole check. Raises `OutOfTime` if none."""
        left_s = self.deadline_s - process_time()
        if left_s <= 0:
            raise OutOfTime
        return left_s

    def solver(self, conds: Iterable[Cond]) -> Any:
        solver = z3.SolverFor("QF_BV")
        solver.set("timeout", int(min(self.limit_ms, self.in_time() * 1000 + 1)))
        for cond in conds:
            solver.add(cond)
        return solver

    def model(self, conds: Iterable[Cond]) -> Mapping[Any, Any] | None:
        """An assignment that makes all the conditions true, or None."""
        solver = self.solver(conds)
        return solver.model() if solver.check() == z3.sat else None


def _congruences(name: str, met: dict[str, list[Application]]) -> Iterator[Cond]:
    """What a symbol has to do with the applications of its function that have been met."""
    own = application(name)
    if own is not None:
        others = met.setdefault(own.function, [])
        yield from (cond for other in others if not z3.is_true(cond := congruence(other, own)))
        others.append(own)
