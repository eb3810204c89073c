"""Long calculations, of which hashes are made that programs compute themselves, as functions of what goes in.

A solver would look for numbers that the calculation turns into others, and find none in time. All engines compute it
alike, so it is enough to know that equal inputs give equal results.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import z3

from cora.verify.symbolic.terms import Term, const, function, symbol, width

_MOST_SUMS = 12
_sums: dict[int, tuple[Any, int]] = {}
"""By id, with the term, whose id may else be used again: how many sums stand one in the other."""
_calculations: dict[int, Term] = {}
"""By the id of the text, which has parameters in the place of symbols."""


def condensed(term: Term) -> Term:
    """The term; or if more sums than a few stand one in the other, a function of its symbols, which is the same for
    terms that are the same but for their symbols."""
    symbols = _symbols(term) if _sums_in(term) > _MOST_SUMS else ()
    if not symbols or any(z3.is_bool(s) for s in symbols):
        return term
    text = z3.substitute(term, *((s, symbol(f"parameter{i}", width(s))) for i, s in enumerate(symbols)))
    _calculations[text.get_id()] = text
    return function(f"calculation:{text.get_id()}", symbols, width(term))


def _sums_in(term: Any) -> int:
    found = _sums.get(term.get_id())
    if found is None:
        own = int(term.decl().kind() == z3.Z3_OP_BADD)
        found = _sums[term.get_id()] = term, own + max(map(_sums_in, term.children()), default=0)
    return found[1]


def _symbols(term: Any) -> tuple[Any, ...]:
    """The symbols of a term, in the order in which they stand there first."""
    todo, seen, found = [term], set[int](), list[Any]()
    while todo:
        term = todo.pop()
        if term.get_id() not in seen:
            seen.add(term.get_id())
            todo += reversed(term.children())
            if z3.is_const(term) and term.decl().kind() == z3.Z3_OP_UNINTERPRETED:
                found.append(term)
    return tuple(found)


def calculation(number: int) -> Callable[..., int]:
    """What the function of this number really computes."""
    text = _calculations[number]

    def compute(*values: int) -> int:
        known = {f"parameter{i}": value for i, value in enumerate(values)}
        pairs = [(s, const(known[s.decl().name()], width(s))) for s in _symbols(text)]
        result: Any = z3.simplify(z3.substitute(text, *pairs))
        return result.as_long()

    return compute
