"""Header unions: a record of headers of which at most one is valid.

Making one member valid (by setValid, extract or assignment) makes the others invalid; making one invalid, or assigning
an invalid header, makes all of them invalid (specification 8.20).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeGuard

from cora.diagnostics import Span
from cora.frontend import ast
from cora.frontend import types as ty
from cora.ir.nodes import Bin, Const, Expr, Mux, Var
from cora.lower.context import Context
from cora.lower.targets import target
from cora.lower.values import (
    BOOL_FALSE,
    BOOL_TRUE,
    BitsOf,
    OneOf,
    Record,
    Scalar,
    Target,
    Value,
    and_,
    chunks_of,
)


def any_valid(union: Record) -> Expr:
    """Whether the union has a valid member."""
    found: Expr = BOOL_FALSE
    for _, member in union.fields:
        assert isinstance(member, Record) and member.valid is not None
        found = member.valid if found == BOOL_FALSE else Bin("or", found, member.valid)
    return found


def is_union_member(expr: ast.Expr) -> TypeGuard[ast.Select]:
    return isinstance(expr, ast.Select) and isinstance(expr.base.type, ty.UnionType)


def invalidate_others(cx: Context, expr: ast.Expr) -> None:
    """If the expression names a member of a union: makes all other members invalid."""
    if is_union_member(expr):
        for cond, member in _others(cx, expr):
            set_valid_if(cx, cond, member, False, expr.span)


def others_invalid_with(cx: Context, expr: ast.Select, valid: Expr) -> list[tuple[Target, Value]]:
    """What to store into what so that the other members of a union are invalid if `valid` holds by then."""
    found: list[tuple[Target, Value]] = []
    for cond, member in _others(cx, expr):
        for header in (member, *chunks_of(member)):
            assert header.valid is not None
            held = Mux(and_(cond, valid), BOOL_FALSE, header.valid)
            found.append((Scalar(header.valid), Scalar(held)))
    return found


def _others(cx: Context, expr: ast.Select) -> Iterator[tuple[Expr, Record]]:
    """The other members of the union (or of each that it may be, with what must hold for that)."""
    unions = target(cx, expr.base)
    for cond, union in unions.choices if isinstance(unions, OneOf) else ((BOOL_TRUE, unions),):
        assert isinstance(union, Record)
        for name, member in union.fields:
            if name != expr.name:
                assert isinstance(member, Record)
                yield cond, member


def set_valid_if(cx: Context, cond: Expr, header: Value | BitsOf, valid: bool, span: Span | None) -> None:
    """Makes a header valid or invalid where the condition holds."""
    assert isinstance(header, Record) and isinstance(header.valid, Var)
    if cond == BOOL_TRUE:
        cx.set_valid(header, valid, span)
        return
    cx.builder.assign(header.valid, Mux(cond, Const(int(valid), 1), header.valid))
    for chunk in () if valid else chunks_of(header):
        set_valid_if(cx, cond, chunk, False, span)
