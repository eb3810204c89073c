"""The places that l-values name."""

from __future__ import annotations

from collections.abc import Callable

from cora.frontend import ast
from cora.frontend import types as ty
from cora.ir.nodes import Bin, Const, Expr, Var, width
from cora.lower.context import Context
from cora.lower.expressions import evaluate, lowest_bit, number_or_expr, slice_width, stack_element
from cora.lower.places import freeze
from cora.lower.values import BOOL_TRUE, BitsOf, OneOf, Record, Scalar, Stack, Target, Value, and_, leaves


def target(cx: Context, expr: ast.Expr) -> Target:
    """What an l-value names. Indices are read now: an assignment may change what they depend on."""
    match expr:
        case ast.SliceExpr(base=base):
            return _bits_from(cx, target(cx, base), expr)
        case ast.Select(base=base, name=name) if isinstance(base.type, ty.FieldsType):
            return _each(target(cx, base), lambda place: _field_of(place, name))
        case ast.Index(base=base) if isinstance(base.type, ty.StackType):
            return _elements(cx, target(cx, base), expr)
        case _:
            return evaluate(cx, expr)


def _each(place: Target, fn: Callable[[Value | BitsOf], Value | BitsOf]) -> Target:
    """The function of a place, or of each of several."""
    if isinstance(place, OneOf):
        return OneOf(tuple((cond, fn(choice)) for cond, choice in place.choices))
    return fn(place)


def _bits_from(cx: Context, where: Target, expr: ast.SliceExpr) -> Target:
    """The bits that a slice may be; those beyond the top of what it is a slice of are nowhere."""
    bits, lo = slice_width(expr), lowest_bit(cx, expr)
    assert isinstance(expr.base.type, ty.Bits)
    top = expr.base.type.width - 1
    if isinstance(lo, int) and lo + bits - 1 <= top:
        return _each(where, lambda place: _bits_of(place, lo + bits - 1, lo))
    held = Const(lo, 32) if isinstance(lo, int) else next(leaves(freeze(cx, Scalar(lo))))
    found: list[tuple[Expr, Value | BitsOf]] = []
    for cond, place in where.choices if isinstance(where, OneOf) else ((BOOL_TRUE, where),):
        for low in range(min(top + 1, 1 << width(held))):
            here = Bin("eq", held, Const(low, width(held)))
            found.append((and_(cond, here), _bits_of(place, min(low + bits - 1, top), low)))
    return OneOf(tuple(found))


def _bits_of(place: Value | BitsOf, hi: int, lo: int) -> BitsOf:
    if isinstance(place, BitsOf):
        return BitsOf(place.base, place.lo + hi, place.lo + lo)
    assert isinstance(place, Scalar) and isinstance(place.expr, Var)
    return BitsOf(place.expr, hi, lo)


def _field_of(place: Value | BitsOf, name: str) -> Value:
    assert isinstance(place, Record)
    return place.field(name)


def _elements(cx: Context, stacks: Target, expr: ast.Index) -> Target:
    """The elements that `stack[index]` may be."""
    index = number_or_expr(cx, expr.index)
    if isinstance(index, int):
        return _each(stacks, lambda stack: stack_element(cx, _stack_of(stack), index, expr.span))
    held = next(leaves(freeze(cx, Scalar(index))))
    outer = stacks.choices if isinstance(stacks, OneOf) else ((BOOL_TRUE, stacks),)
    found: list[tuple[Expr, Value | BitsOf]] = []
    for cond, stack in outer:
        for i, element in enumerate(_stack_of(stack).elements):
            found.append((and_(cond, Bin("eq", held, Const(i, width(held)))), element))
    return OneOf(tuple(found))


def _stack_of(place: Value | BitsOf) -> Stack:
    assert isinstance(place, Stack)
    return place
