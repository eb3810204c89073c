"""Values in other shapes and widths, and what is written to and read from places."""

from __future__ import annotations

from cora.diagnostics import Span
from cora.frontend import types as ty
from cora.ir.cfg import names
from cora.ir.nodes import Cast, Concat, Const, Expr, Mux, Slice, Var, width
from cora.lower.context import Context
from cora.lower.values import (
    BOOL_TRUE,
    BitsOf,
    OneOf,
    Record,
    Scalar,
    Target,
    Value,
    default,
    leaves,
    map_leaves,
    scalar_width,
)


def freeze(cx: Context, value: Value) -> Value:
    """The value as it is now, held in variables of its own."""

    def keep(leaf: Expr) -> Expr:
        if isinstance(leaf, Const):
            return leaf
        held = cx.builder.temp("tmp", width(leaf))
        cx.builder.assign(held, leaf)
        return held

    return map_leaves(value, keep)


def choose(cond: Expr, then: Value, orelse: Value) -> Value:
    """`then` where the condition holds, else `orelse`; both are pure."""
    others = iter(tuple(leaves(orelse)))

    def mux(leaf: Expr) -> Expr:
        other = next(others)
        return leaf if leaf == other else Mux(cond, leaf, other)

    return map_leaves(then, mux)


def resize(expr: Expr, bits: int, *, signed: bool = False) -> Expr:
    """The expression in another width, truncated or extended."""
    return expr if width(expr) == bits else Cast(expr, bits, signed)


def store(cx: Context, where: Target, value: Value) -> None:
    """Assigns a value to a place. The value may read the place: it is read completely first."""
    match where:
        case OneOf(choices=choices):
            value = freeze(cx, value)
            for cond, choice in choices:
                _store_if(cx, cond, choice, value)
            return
        case BitsOf():
            assert isinstance(value, Scalar)
            cx.builder.assign(where.base, replace_bits(where, value.expr))
            return
        case _:
            pass
    pairs = list(zip(leaves(where), leaves(as_shape(value, where)), strict=True))
    written: set[str] = set()
    overlap = False
    for dst, new in pairs:
        assert isinstance(dst, Var)
        overlap = overlap or bool(names(new) & written)
        written.add(dst.name)
    if overlap:
        pairs = [(dst, next(leaves(freeze(cx, Scalar(new))))) for dst, new in pairs]
    for dst, new in pairs:
        assert isinstance(dst, Var)
        cx.builder.assign(dst, new)


def _store_if(cx: Context, cond: Expr, where: Value | BitsOf, value: Value) -> None:
    if isinstance(where, BitsOf):
        assert isinstance(value, Scalar)
        kept = where.hi - where.lo + 1
        new = value.expr if width(value.expr) == kept else Slice(value.expr, kept - 1, 0)
        cx.builder.assign(where.base, Mux(cond, replace_bits(where, new), where.base))
        return
    for dst, new in zip(leaves(where), leaves(as_shape(value, where)), strict=True):
        assert isinstance(dst, Var)
        cx.builder.assign(dst, Mux(cond, new, dst))


def read(where: Target, t: ty.Type, span: Span) -> Value:
    """What a place holds."""
    match where:
        case OneOf(choices=choices):
            found = default(t, span)
            for cond, choice in reversed(choices):
                found = choose(cond, read(choice, t, span), found)
            return found
        case BitsOf(base=base, hi=hi, lo=lo):
            return Scalar(resize(Slice(base, hi, lo), scalar_width(t) or hi - lo + 1))
        case _:
            return where


def clear(cx: Context, where: Value, t: ty.Type, span: Span | None) -> None:
    """Sets a place to zeros and invalid headers, as for an `out` parameter or a variable without initial value."""
    store(cx, where, default(t, span))


def as_shape(value: Value, where: Value) -> Value:
    """A struct or tuple literal that is assigned to a header makes it valid."""
    if isinstance(value, Record) and isinstance(where, Record) and where.valid is not None and value.valid is None:
        return Record(value.fields, BOOL_TRUE)
    return value


def replace_bits(where: BitsOf, new: Expr) -> Expr:
    """The whole variable with some of its bits replaced."""
    base = where.base
    result = new
    if where.lo > 0:
        result = Concat(result, Slice(base, where.lo - 1, 0))
    if where.hi < base.width - 1:
        result = Concat(Slice(base, base.width - 1, where.hi + 1), result)
    return result
