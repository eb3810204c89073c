"""Terms of the symbolic check: IR expressions over z3's bit-vectors. All that other modules know of z3 is here.

A term is a bit-vector; a condition is a Boolean. z3 shares equal terms, so two terms are the same text exactly if
their ids are equal (`same`); every constructor simplifies, so that equal computations mostly give the same text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import count
from typing import Any

import z3

from cora.ir.nodes import Bin, BinOp, Cast, Concat, Const, Expr, Mux, Slice, Un, Var
from cora.ir.nodes import width as width_of

Term = Any
"""A z3 bit-vector (z3 ships no types)."""
Cond = Any
"""A z3 Boolean."""

TRUE: Cond = z3.BoolVal(True)
FALSE: Cond = z3.BoolVal(False)


@cache
def const(value: int, width: int) -> Term:
    return z3.BitVecVal(value, width)


@cache
def symbol(name: str, width: int) -> Term:
    return z3.BitVec(name, width)


@dataclass(frozen=True, slots=True)
class Application:
    """An uninterpreted function at some arguments. It is written as a symbol of its own: that equal arguments give
    equal results is told to the solver where it matters (`congruence`), which leaves it plain bit-vectors."""

    function: str
    arguments: tuple[Term, ...]
    symbol: Any


_applications: dict[str, Application] = {}
_by_arguments: dict[tuple[object, ...], Application] = {}


def _apply(name: str, arguments: tuple[Term, ...], make: Callable[[str], Any]) -> Any:
    key = (name, *(a.get_id() for a in arguments))
    found = _by_arguments.get(key)
    if found is None:
        own = f"{name}#{len(_by_arguments)}"
        found = _by_arguments[key] = _applications[own] = Application(name, arguments, make(own))
    return found.symbol


def function(name: str, arguments: Iterable[Term], bits: int) -> Term:
    """An uninterpreted function of bit-vectors. Nothing is known of it but what axioms say."""
    return _apply(name, tuple(arguments), lambda own: z3.BitVec(own, bits))


def predicate(name: str, arguments: Iterable[Term]) -> Cond:
    return _apply(name, tuple(arguments), z3.Bool)


def application(symbol_name: str) -> Application | None:
    return _applications.get(symbol_name)


def application_at(term: Any) -> Application | None:
    """The application that a term is, if it is nothing but one."""
    return _applications.get(term.decl().name()) if z3.is_const(term) else None


def congruence(one: Application, other: Application) -> Cond:
    """Equal arguments give equal results."""
    arguments = all_equal(one.arguments, other.arguments)
    return TRUE if z3.is_false(arguments) else implies(arguments, one.symbol == other.symbol)


_widths: dict[int, tuple[Any, int]] = {}
"""By id; with the term, whose id may else be used again."""


def width(term: Any) -> int:
    """Bits; 0 for a condition."""
    found = _widths.get(term.get_id())
    if found is None:
        found = _widths[term.get_id()] = term, 0 if z3.is_bool(term) else term.size()
    return found[1]


def same(a: Term, b: Term) -> bool:
    """The two are the same text; if not they may still be equal."""
    return a.get_id() == b.get_id()


def value_of(term: Term) -> int | None:
    """The number, if the term is one."""
    return term.as_long() if z3.is_bv_value(term) else None


def simple(term: Any) -> Any:
    return z3.simplify(term)


# ---------------------------------------------------------------- conditions


def truth(term: Term) -> Cond:
    """The condition that a one-bit term is 1."""
    return z3.simplify(term == const(1, 1))


def bit(cond: Cond) -> Term:
    return z3.simplify(z3.If(cond, const(1, 1), const(0, 1)))


def equal(a: Term, b: Term) -> Cond:
    return TRUE if same(a, b) else z3.simplify(a == b)


def all_equal(one: Sequence[Term], other: Sequence[Term]) -> Cond:
    return both(*(equal(a, b) for a, b in zip(one, other, strict=True)))


def both(*conds: Cond) -> Cond:
    left = [c for c in conds if not z3.is_true(c)]
    return TRUE if not left else left[0] if len(left) == 1 else z3.simplify(z3.And(*left))


def either(*conds: Cond) -> Cond:
    return z3.simplify(z3.Or(*conds))


_negations: dict[int, tuple[Cond, Cond]] = {}
"""By id, like widths: each question needs those of all facts."""


def negate(cond: Cond) -> Cond:
    found = _negations.get(cond.get_id())
    if found is None:
        found = _negations[cond.get_id()] = cond, z3.simplify(z3.Not(cond))
    return found[1]


def implies(a: Cond, b: Cond) -> Cond:
    return z3.simplify(z3.Implies(a, b))


def at_most(a: Term, b: Term) -> Cond:
    return z3.simplify(z3.ULE(a, b))


def below(a: Term, b: Term) -> Cond:
    return z3.simplify(z3.ULT(a, b))


# ---------------------------------------------------------------- bit-vectors


def choose(cond: Cond, a: Term, b: Term) -> Term:
    """`a` where the condition holds, else `b`."""
    if z3.is_true(cond) or same(a, b):
        return a
    if z3.is_false(cond):
        return b
    return z3.simplify(z3.If(cond, a, b))


def outcomes(term: Term) -> Iterator[Term]:
    """The terms that a choice, also one of choices, is made between."""
    todo, seen = [term], set[int]()
    while todo:
        term = todo.pop()
        if term.get_id() not in seen:
            seen.add(term.get_id())
            if z3.is_app_of(term, z3.Z3_OP_ITE):
                todo += [term.arg(1), term.arg(2)]
            else:
                yield term


def larger(a: Term, b: Term) -> Term:
    return choose(at_most(a, b), b, a)


def resized(term: Term, bits: int) -> Term:
    """Cut to its low bits, or extended with zeros."""
    have = width(term)
    if have == bits:
        return term
    return z3.simplify(z3.Extract(bits - 1, 0, term) if have > bits else z3.ZeroExt(bits - have, term))


def bits_of(term: Term, high: int, low: int) -> Term:
    return term if (high, low) == (width(term) - 1, 0) else z3.simplify(z3.Extract(high, low, term))


def joined(terms: Iterable[Term]) -> Term:
    parts = list(terms)
    return parts[0] if len(parts) == 1 else z3.simplify(z3.Concat(*parts))


def plus(a: Term, b: Term) -> Term:
    return z3.simplify(a + b)


def minus(a: Term, b: Term) -> Term:
    return z3.simplify(a - b)


def divided(a: Term, by: int) -> Term:
    return a if by == 1 else z3.simplify(_binary("udiv", a, const(by, width(a))))


# ---------------------------------------------------------------- expressions of the IR


def evaluate(expr: Expr, read: Callable[[str, int], Term]) -> Term:
    """The term of an expression; `read` gives that of a variable (name, width). As `cora.ir.evaluate` defines it."""
    return z3.simplify(_term(expr, read))


def _term(expr: Expr, read: Callable[[str, int], Term]) -> Term:
    match expr:
        case Const(value=value, width=bits):
            return const(value, bits)
        case Var(name=name, width=bits):
            return read(name, bits)
        case Un(op=op, a=a):
            return ~_term(a, read) if op == "not" else -_term(a, read)
        case Bin(op=op, a=a, b=b):
            return _binary(op, _term(a, read), _term(b, read))
        case Slice(a=a, hi=hi, lo=lo):
            return z3.Extract(hi, lo, _term(a, read))
        case Concat(a=a, b=b):
            return z3.Concat(_term(a, read), _term(b, read))
        case Cast(a=a, width=bits, signed=signed):
            return _cast(_term(a, read), width_of(a), bits, signed)
        case Mux(c=c, a=a, b=b):
            return z3.If(_term(c, read) == const(1, 1), _term(a, read), _term(b, read))


def _cast(a: Term, have: int, bits: int, signed: bool) -> Term:
    if bits <= have:
        return a if bits == have else z3.Extract(bits - 1, 0, a)
    return z3.SignExt(bits - have, a) if signed else z3.ZeroExt(bits - have, a)


_PLAIN: dict[str, Callable[[Term, Term], Term]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "and": lambda a, b: a & b,
    "or": lambda a, b: a | b,
    "xor": lambda a, b: a ^ b,
    "umod": z3.URem,  # z3's remainder by 0 is the dividend, like the IR's
}
_COMPARE: dict[str, Callable[[Term, Term], Cond]] = {
    "eq": lambda a, b: a == b,
    "ne": lambda a, b: a != b,
    "ult": z3.ULT,
    "ule": z3.ULE,
    "slt": lambda a, b: a < b,
    "sle": lambda a, b: a <= b,
}


def _is_hard(op: BinOp, a: Term, b: Term) -> bool:
    """Products, quotients and remainders of unknown numbers cost a solver more than all the rest. All engines compute
    them alike, so it is enough to know that equal operands give equal results."""
    known = [value_of(z3.simplify(x)) for x in (a, b)]
    if op == "mul":
        return known == [None, None]
    if op in ("udiv", "umod"):
        return known[1] is None or (known[0] is None and known[1].bit_count() != 1)
    return False


def _binary(op: BinOp, a: Term, b: Term) -> Term:
    if _is_hard(op, a, b):
        return function(f"{op}:{width(a)}", (z3.simplify(a), z3.simplify(b)), width(a))
    if op in _PLAIN:
        return _PLAIN[op](a, b)
    if op in _COMPARE:
        return z3.If(_COMPARE[op](a, b), const(1, 1), const(0, 1))
    match op:
        case "udiv":  # z3's quotient by 0 is all ones
            return z3.If(b == const(0, width(b)), const(0, width(a)), z3.UDiv(a, b))
        case "shl" | "lshr" | "ashr":
            return _shift(op, a, b)
        case _:
            return _saturating(op, a, b)


def _shift(op: str, a: Term, b: Term) -> Term:
    bits = width(a)
    if width(b) > bits:  # cut the right side, but not below the width, from where on all shifts are alike
        by = z3.If(z3.ULE(const(bits, width(b)), b), const(bits, width(b)), b)
        a, b, wide = _cast(a, bits, width(b), op == "ashr"), by, True
    else:
        b, wide = _cast(b, width(b), bits, False), False
    shifted = a << b if op == "shl" else z3.LShR(a, b) if op == "lshr" else a >> b
    return z3.Extract(bits - 1, 0, shifted) if wide else shifted


def _saturating(op: str, a: Term, b: Term) -> Term:
    bits = width(a)
    signed = op[0] == "s"
    wide_a, wide_b = (_cast(x, bits, bits + 2, signed) for x in (a, b))
    total = wide_a + wide_b if op.endswith("addsat") else wide_a - wide_b
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
    lowest, highest = z3.BitVecVal(low, bits + 2), z3.BitVecVal(high, bits + 2)
    clamped = z3.If(total < lowest, lowest, z3.If(total > highest, highest, total))
    return z3.Extract(bits - 1, 0, clamped)


# ---------------------------------------------------------------- any term


def is_truth_value(cond: Cond) -> bool | None:
    """True or False, if the condition is one of them."""
    return True if z3.is_true(cond) else False if z3.is_false(cond) else None


_fresh = count()


class Common:
    """The least general terms that have given terms as instances (anti-unification); equal differences get equal
    symbols, in all that one object is asked for. `introduce` is told each application that is made."""

    def __init__(self, introduce: Callable[[Application], None]) -> None:
        self._made: dict[tuple[int, ...], Any] = {}
        self._introduce = introduce
        self.symbols: list[tuple[Sequence[Any], Any]] = []
        """Each symbol that was made, and the terms for which it stands."""

    def of(self, terms: Sequence[Any]) -> Any:
        """The common form; new symbols where it needs them."""
        made = self._of(terms, new=True)
        assert made is not None
        return made

    def without_news(self, terms: Sequence[Any]) -> Any | None:
        """The common form, if it takes no symbols but those made before."""
        return self._of(terms, new=False)

    def pairs(self, number: int) -> Pairs:
        """The first and the `number`-th of all terms that have a common form, by their ids."""
        return frozenset((ids[0], ids[number]) for ids in self._made)

    def _of(self, terms: Sequence[Any], new: bool) -> Any | None:
        first = terms[0]
        ids = tuple(t.get_id() for t in terms)
        if len(set(ids)) == 1:
            return first
        found = self._made.get(ids)
        if found is None:
            applied = _one_function(terms)
            if applied:
                found = self._applied(applied, new)
            elif _one_operator(terms):
                found = self._deeper(terms, new)
            elif new:
                found = _fresh_like(first)
                self.symbols.append((terms, found))
            if found is not None:
                self._made[ids] = found
        return found

    def _row(self, rows: Iterable[Sequence[Any]], new: bool) -> list[Any] | None:
        made: list[Any] = []
        for row in rows:
            common = self._of(row, new)
            if common is None:
                return None
            made.append(common)
        return made

    def _deeper(self, terms: Sequence[Any], new: bool) -> Any | None:
        made = self._row(zip(*map(_operands, terms), strict=True), new)
        return None if made is None else z3.simplify(_rebuilt(terms[0], made))

    def _applied(self, applied: Sequence[Application], new: bool) -> Any | None:
        made = self._row(zip(*(a.arguments for a in applied), strict=True), new)
        if made is None:
            return None
        first = applied[0]
        symbol = first.symbol
        if z3.is_bool(symbol):
            result = predicate(first.function, made)
        else:
            result = function(first.function, made, symbol.size())
        self._introduce(Application(first.function, tuple(made), result))
        return result


Pairs = frozenset[tuple[int, int]]


def fit(one: Any, other: Any, pairs: Pairs) -> bool:
    """Whether two terms have a common form, if nothing but these pairs may differ."""
    if same(one, other) or (one.get_id(), other.get_id()) in pairs:
        return True
    applied = _one_function((one, other))
    if applied:
        return all(fit(a, b, pairs) for a, b in zip(*(x.arguments for x in applied), strict=True))
    return _one_operator((one, other)) and all(
        fit(a, b, pairs) for a, b in zip(_operands(one), _operands(other), strict=True)
    )


def _rebuilt(term: Any, children: Sequence[Any]) -> Any:
    """The term's operator, which may take any number of operands, on other ones."""
    if z3.is_and(term):
        return z3.And(*children)
    if z3.is_or(term):
        return z3.Or(*children)
    return term.decl()(*children)


def _one_function(terms: Sequence[Any]) -> list[Application] | None:
    found = [application_at(t) for t in terms]
    known = [a for a in found if a is not None]
    if len(known) < len(found) or len({a.function for a in known}) > 1:
        return None
    return known if len({len(a.arguments) for a in known}) == 1 and known[0].arguments else None


_skeletons: dict[int, tuple[Any, int]] = {}
"""By id, like widths."""
_COMMUTATIVE = frozenset((z3.Z3_OP_AND, z3.Z3_OP_OR, z3.Z3_OP_EQ, z3.Z3_OP_BADD, z3.Z3_OP_BMUL, z3.Z3_OP_BXOR))


def skeleton(term: Any) -> int:
    """A number that terms with a common form which isn't only a symbol mostly share."""
    found = _skeletons.get(term.get_id())
    if found is None:
        found = _skeletons[term.get_id()] = term, _skeleton(term)
    return found[1]


def _skeleton(term: Any) -> int:
    applied = application_at(term)
    if applied is not None:
        return hash(applied.function)
    if not term.num_args():
        return 0
    return hash((term.decl().kind(), term.num_args(), *map(skeleton, _operands(term))))


def _operands(term: Any) -> list[Any]:
    """Those of operators that don't mind their order are put into one that terms of a common form mostly share: z3
    orders them by when they were made."""
    operands: list[Any] = term.children()
    return sorted(operands, key=skeleton) if term.decl().kind() in _COMMUTATIVE else operands


def _one_operator(terms: Sequence[Any]) -> bool:
    first = terms[0].decl()
    arity = terms[0].num_args()
    return arity > 0 and all(t.num_args() == arity and t.decl().eq(first) for t in terms)


def _fresh_like(term: Any) -> Any:
    """A new symbol of the sort of a term or condition."""
    name = f"any{next(_fresh)}"
    return z3.Bool(name) if z3.is_bool(term) else z3.BitVec(name, term.size())


def number_in(model: Any, term: Any) -> int:
    """The value of a term or condition under an assignment; what it leaves open is 0."""
    value = model.eval(term, model_completion=True)
    return int(z3.is_true(value)) if z3.is_bool(value) else value.as_long()
