"""Header unions: a record of headers of which at most one is valid.

Making one member valid (by setValid, extract or assignment) makes the others invalid; making one invalid, or assigning
an invalid header, makes all of them invalid (specification 8.20).
"""

from __future__ import annotations

from cora.frontend import ast
from cora.frontend import types as ty
from cora.ir.nodes import Bin, Expr
from cora.lower.context import Context
from cora.lower.expressions import evaluate
from cora.lower.values import BOOL_FALSE, Record


def any_valid(union: Record) -> Expr:
    """Whether the union has a valid member."""
    found: Expr = BOOL_FALSE
    for _, member in union.fields:
        assert isinstance(member, Record) and member.valid is not None
        found = member.valid if found == BOOL_FALSE else Bin("or", found, member.valid)
    return found


def invalidate_others(cx: Context, expr: ast.Expr) -> None:
    """If the expression names a member of a union: makes all other members invalid."""
    if not isinstance(expr, ast.Select) or not isinstance(expr.base.type, ty.UnionType):
        return
    union = evaluate(cx, expr.base)
    assert isinstance(union, Record)
    for name, member in union.fields:
        if name != expr.name:
            assert isinstance(member, Record)
            cx.set_valid(member, False, expr.span)
