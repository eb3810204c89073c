"""Externs that Cora knows no meaning of: a call becomes an operation that only the host may run.

What the extern's declaration says is kept: arguments that it gets, places that it may change, its result. `@cycles(N)`
on the extern, the method or the object says what a call costs the host.
"""

from __future__ import annotations

from cora.frontend import ast
from cora.frontend import types as ty
from cora.ir.nodes import Expr, Foreign, Var
from cora.lower.context import Binding, Context, ObjectInst, Packet, unsupported
from cora.lower.expressions import evaluate
from cora.lower.places import store
from cora.lower.targets import target
from cora.lower.values import VOID, Target, Value, leaves


def call_foreign(cx: Context, name: str, call: ast.Call, proto: ast.MethodDecl, made: Binding | None = None) -> Value:
    """A call of `name`, declared as `proto`; `made` is the object whose method it is."""
    if cx.parser.reject is not None:
        raise unsupported(
            f"{name}() in a parser, which Cora doesn't know,", call.span, "call it in a control, behind the parser"
        )
    given: list[Expr] = []
    changed: list[tuple[Target, Value]] = []
    for param, arg in zip(proto.params, call.args, strict=False):
        if arg.value is None or isinstance(arg.value, ast.StringLit) or _is_object(cx, arg.value):
            continue
        if param.direction != "out":
            given += leaves(evaluate(cx, arg.value))
        if param.direction in ("out", "inout"):
            changed.append((target(cx, arg.value), cx.declare(arg.value.type, param.name, arg.span)))
    result = VOID if isinstance(call.type, ty.Void) else cx.declare(call.type, f"{call_name(name)}_result", call.span)
    places = [place for _, place in changed] + [result]
    results = tuple(leaf for place in places for leaf in leaves(place) if isinstance(leaf, Var))
    annotations = (*proto.annotations, *(made.annotations if isinstance(made, ObjectInst) else ()))
    cx.builder.emit(Foreign(name, tuple(given), results, _cycles(annotations), call.span))
    for where, place in changed:
        store(cx, where, place)
    return result


def call_name(name: str) -> str:
    return name.rpartition(".")[2]


def _is_object(cx: Context, expr: ast.Expr) -> bool:
    """Whether an argument is a packet or an object, which have no value."""
    return isinstance(expr, ast.Name) and isinstance(cx.env.find(expr.symbol), ObjectInst | Packet)


def _cycles(annotations: tuple[ast.Annotation, ...]) -> int:
    for annotation in annotations:
        text = annotation.tokens.strip()
        if annotation.name == "cycles" and text.isdigit():
            return int(text)
    return 0
