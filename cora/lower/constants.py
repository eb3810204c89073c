"""Compile-time values as IR constants."""

from __future__ import annotations

from cora.diagnostics import Span
from cora.frontend import ast
from cora.frontend import types as ty
from cora.ir.nodes import Const
from cora.lower.context import Context, unsupported
from cora.lower.values import BOOL_TRUE, Record, Scalar, Stack, Value, scalar_width


def constant(value: ast.Value, t: ty.Type, span: Span | None, cx: Context) -> Value:
    """A compile-time value as IR constants."""
    match value:
        case bool():
            return Scalar(Const(int(value), 1))
        case ast.Member():
            return Scalar(_member(value, t, cx))
        case int():
            bits = scalar_width(t)
            if bits is None:
                raise unsupported(f"a number of type {ty.show(t)} at run time", span, "give the number a width: 32w5")
            return Scalar(Const(value & ((1 << bits) - 1), bits))
        case tuple():
            return _constant_tuple(value, t, span, cx)
        case str():
            raise unsupported("a string at run time", span, "strings may only be arguments that name things")


def _member(value: ast.Member, t: ty.Type, cx: Context) -> Const:
    bits = scalar_width(t) or 8
    match t:
        case ty.EnumType(members=members, values=values):
            index = members.index(value.name)
            return Const((values[index] if values else index) & ((1 << bits) - 1), bits)
        case ty.NewType(base=base):
            return _member(value, base, cx)
        case _:
            return cx.error_code(value.name)


def _constant_tuple(value: tuple[ast.Value, ...], t: ty.Type, span: Span | None, cx: Context) -> Value:
    match t:
        case ty.StructType(fields=fields) | ty.HeaderType(fields=fields):
            inner = [(f.name, constant(v, f.type, span, cx)) for f, v in zip(fields, value, strict=True)]
            return Record(tuple(inner), BOOL_TRUE if isinstance(t, ty.HeaderType) else None)
        case ty.TupleType(items=items):
            pairs = zip(items, value, strict=True)
            return Record(tuple((str(i), constant(v, item, span, cx)) for i, (item, v) in enumerate(pairs)))
        case ty.StackType(element=element) | ty.ListType(element=element):
            return Stack(tuple(constant(v, element, span, cx) for v in value))
        case _:
            raise unsupported(f"a constant of type {ty.show(t)}", span, "use a struct or tuple")
