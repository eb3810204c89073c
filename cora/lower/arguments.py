"""Arguments of extern calls."""

from __future__ import annotations

from cora.diagnostics import error
from cora.frontend import ast
from cora.ir.nodes import Bin, Const, Expr, Mux, Slice, width
from cora.lower.context import Context
from cora.lower.expressions import evaluate, has_calls
from cora.lower.places import resize, store
from cora.lower.targets import target
from cora.lower.values import Scalar, Value, data


def value_arg(call: ast.Call, index: int) -> ast.Expr:
    value = call.args[index].value
    if value is None:
        raise error("C0310", "this argument can't be left out", call.args[index].span, help="give it a value")
    return value


def number(cx: Context, call: ast.Call, index: int) -> Expr:
    """A scalar argument."""
    value = evaluate(cx, value_arg(call, index))
    assert isinstance(value, Scalar)
    return value.expr


def inputs(cx: Context, call: ast.Call, index: int) -> tuple[Expr, ...]:
    """The fields of an argument that a hash, checksum or digest runs over."""
    return data(evaluate(cx, value_arg(call, index)))


def give(cx: Context, call: ast.Call, index: int, value: Value) -> None:
    """Assigns to an `out` argument."""
    arg = call.args[index].value
    if arg is not None:
        assert not has_calls(arg)
        store(cx, target(cx, arg), value)


def text(call: ast.Call, index: int) -> str:
    """A string argument."""
    value = value_arg(call, index)
    known = value.text if isinstance(value, ast.StringLit) else value.value
    if not isinstance(known, str):
        raise error("C0310", "this must be a string", value.span, help='write it as "text"')
    return known


def member(call: ast.Call, index: int) -> str:
    """The name of an enum argument, which must be known at compile time."""
    value = value_arg(call, index)
    if not isinstance(value.value, ast.Member):
        raise error("C0305", "this must be known at compile time", value.span, help="name a member of the enum")
    return value.value.name


def index32(cx: Context, call: ast.Call, index: int) -> Expr:
    """An index into a register or counter, which have 32-bit keys. A wider one that doesn't fit is out of range."""
    expr = number(cx, call, index)
    bits = width(expr)
    if bits <= 32:
        return resize(expr, 32)
    outside = Bin("ne", Slice(expr, bits - 1, 32), Const(0, bits - 32))
    return Mux(outside, Const(0xFFFFFFFF, 32), Slice(expr, 31, 0))
