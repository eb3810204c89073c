"""The blocks of an architecture: how one is made, gets its parameters and is run."""

from __future__ import annotations

from cora.frontend import ast
from cora.ir.nodes import Expr, Var
from cora.lower.context import Binding, BlockInst, Context, Env, ParserPoint
from cora.lower.inlining import run_control_body
from cora.lower.instances import instantiate_block
from cora.lower.parsers import ParserLowering
from cora.lower.places import clear, resize
from cora.lower.values import Record, Scalar, Value

PORT, LENGTH, TIME = Var("$port", 16), Var("$length", 32), Var("$time", 64)
"""What is known of every packet."""


def _instance(cx: Context, role: str) -> BlockInst:
    bound = cx.typed.block(role)
    outer, cx.env = cx.env, _global(cx)
    instance = instantiate_block(cx, bound.block.symbol, bound.block.name, bound.args, cx.env)
    cx.env = outer
    return instance


def _global(cx: Context) -> Env:
    env = cx.env
    while env.parent is not None:
        env = env.parent
    return env


def params_of(cx: Context, role: str) -> tuple[ast.Parameter, ...]:
    return cx.typed.block(role).block.params


def _bind(instance: BlockInst, *bindings: Binding) -> None:
    for param, binding in zip(instance.decl.params, bindings, strict=True):
        instance.env.bind(param.symbol, binding)


def declare(cx: Context, param: ast.Parameter) -> Value:
    place = cx.declare(param.type.resolved, param.name, param.span)
    return place


def run_control(cx: Context, role: str, *bindings: Binding) -> None:
    """Runs a control of the architecture; `exit` ends it."""
    instance = _instance(cx, role)
    _bind(instance, *bindings)
    outer = cx.env
    cx.env = instance.env
    cx.exit_to = cx.builder.block(f"{instance.decl.name}_end")
    run_control_body(cx, instance)
    cx.builder.span = None
    cx.builder.join(cx.exit_to)
    cx.env = outer


def run_parser(cx: Context, role: str, body: str, *bindings: Binding) -> None:
    """Runs a parser; the builder goes on at `body`, behind it."""
    lower_parser(cx, role, body, *bindings)
    cx.builder.start(body)


def lower_parser(cx: Context, role: str, body: str, *bindings: Binding, rejected: Var | None = None) -> None:
    """Runs a parser, all of whose ways lead to `body`; no block is open then. `rejected` becomes 1 on those that reject
    the packet."""
    instance = _instance(cx, role)
    _bind(instance, *bindings)
    outer = cx.env
    ParserLowering(cx, body, rejected).lower(instance)
    cx.env = outer
    cx.parser = ParserPoint()
    cx.builder.span = None


def set_field(cx: Context, place: Value, name: str, value: Expr) -> None:
    """Assigns to a field of the architecture's metadata, if this version of it has the field."""
    assert isinstance(place, Record)
    for field, found in place.fields:
        if field == name:
            assert isinstance(found, Scalar) and isinstance(found.expr, Var)
            cx.builder.assign(found.expr, resize(value, found.expr.width))


def cleared(cx: Context, param: ast.Parameter) -> Value:
    place = declare(cx, param)
    clear(cx, place, param.type.resolved, param.span)
    return place
