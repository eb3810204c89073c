"""Values for the fields of a packet under which a condition of its parser comes out as wanted.

Conditions of parsers are mostly comparisons of fields with constants: those are turned round. For all others, values at
the ends of ranges and around the constants of the condition are tried.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping

from cora.ir.cfg import children, variables
from cora.ir.evaluate import evaluate
from cora.ir.nodes import Bin, Cast, Concat, Const, Expr, Slice, Un, Var, width

_TRIALS = 24

Values = dict[str, int]


def constants(expr: Expr) -> Iterator[int]:
    """The constants in an expression."""
    if isinstance(expr, Const):
        yield expr.value
    for part in children(expr):
        yield from constants(part)


def around(values: Iterator[int] | tuple[int, ...], bits: int) -> tuple[int, ...]:
    """The values with their neighbours and the ends of the range, of those that fit into `bits`."""
    top = (1 << bits) - 1
    found = {0, 1, top, *(v + d for v in values for d in (-1, 0, 1))}
    return tuple(sorted(v for v in found if 0 <= v <= top))


def solve(
    expr: Expr, holds: Callable[[Values], bool], goal: int | None, now: Mapping[str, int], free: frozenset[str],
    rng: random.Random,
) -> Values | None:  # fmt: skip
    """Values for some of the variables `free` that `holds` accepts; None if none were found. `expr` is what they should
    change, `goal` a value of it that would do, if one is known; `now` are the values of all variables."""
    if goal is not None:
        turned = assigned(expr, goal, now)
        if turned is not None and turned.keys() <= free and holds(turned):
            return turned
    leaves = {v.name: v.width for v in variables(expr) if v.name in free}
    pools = {name: around(constants(expr), bits) for name, bits in leaves.items()}
    for _ in range(_TRIALS if leaves else 0):
        values = {
            name: rng.choice(pools[name]) if rng.random() < 0.7 else rng.getrandbits(bits)
            for name, bits in leaves.items()
            if rng.random() < 0.8
        }
        if holds(values):
            return values
    return None


def assigned(expr: Expr, value: int, now: Mapping[str, int]) -> Values | None:
    """Values of variables that give the expression a value, if it can be turned round; they may contradict others."""
    match expr:
        case Const(value=known):
            return {} if known == value else None
        case Var(name=name, width=bits):
            return {name: value} if value < 1 << bits else None
        case Cast(a=a, signed=False):
            return assigned(a, value, now) if value < 1 << width(a) else None
        case Slice(a=a, hi=hi, lo=lo):
            mask = (1 << (hi + 1)) - (1 << lo)
            return assigned(a, evaluate(a, now) & ~mask | value << lo, now)
        case Concat(a=a, b=b):
            low = width(b)
            return _both(assigned(a, value >> low, now), assigned(b, value & (1 << low) - 1, now))
        case Un(op="not", a=a):
            return assigned(a, value ^ (1 << width(a)) - 1, now)
        case Bin(op="eq", a=a, b=Const(value=known)) if value:
            return assigned(a, known, now)
        case Bin(op="ne", a=a, b=Const(value=known)) if not value:
            return assigned(a, known, now)
        case Bin(op="and", a=a, b=b) if value and width(a) == 1:
            return _both(assigned(a, 1, now), assigned(b, 1, now))
        case Bin(op="or", a=a, b=b) if not value:
            return _both(assigned(a, 0, now), assigned(b, 0, now))
        case Bin(op="add" | "sub" as op, a=a, b=Const(value=known)):
            top = 1 << width(a)
            return assigned(a, (value - known if op == "add" else value + known) % top, now)
        case _:
            return None


def _both(one: Values | None, other: Values | None) -> Values | None:
    if one is None or other is None or any(other.get(name, value) != value for name, value in one.items()):
        return None
    return {**one, **other}
