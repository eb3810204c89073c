"""Inlining of functions, actions and controls, with copy-in and copy-out.

An `out` or `inout` argument is used in place where no one can tell (no other argument overlaps it, and the callee can't
name it); otherwise it is copied in and out, also when the callee ends by `exit`.
"""

from __future__ import annotations

from collections.abc import Callable

from cora.diagnostics import Span
from cora.frontend import ast
from cora.frontend import types as ty
from cora.ir.cfg import names
from cora.ir.nodes import Const, Var
from cora.lower.context import Binding, BlockInst, Context, Env, Frame, ObjectInst, Packet
from cora.lower.expressions import evaluate, has_calls, scalar_constant
from cora.lower.places import clear, read, store
from cora.lower.targets import target
from cora.lower.unions import is_union_member, others_invalid_with
from cora.lower.values import VOID, BitsOf, OneOf, Record, Scalar, Value, leaves, scalar_width


def call_action(cx: Context, action: ast.ActionDecl, args: tuple[ast.Arg, ...]) -> Value:
    """Inlines an action that is called directly (or a table's action whose arguments are all in the program)."""
    named = [_constant_name(arg.value) for arg in args if _constant_name(arg.value)]
    cx.reasons.append(named[0] if len(named) == 1 else cx.reason)
    cx.actions.append(action.name)
    inline(cx, action.params, args, lambda: cx.run(cx, action.body), action.name, sees_caller=True)
    cx.actions.pop()
    cx.reasons.pop()
    return VOID


def _constant_name(expr: ast.Expr | None) -> str:
    """The name of a constant that is given as it is, like the reason of a drop in `discard(DROP_TTL)`; "" otherwise."""
    if isinstance(expr, ast.Name) and isinstance(expr.symbol.decl, ast.ConstDecl):
        return expr.name.lower().removeprefix("drop_")
    return ""


def apply_control(cx: Context, instance: BlockInst, args: tuple[ast.Arg, ...]) -> None:
    control = instance.decl
    assert isinstance(control, ast.ControlDecl)
    inline(cx, control.params, args, lambda: run_control_body(cx, instance), control.name, env=instance.env)


def run_control_body(cx: Context, instance: BlockInst) -> None:
    """Sets the control's variables anew and runs its apply block; `cx.env` is the instance's."""
    control = instance.decl
    assert isinstance(control, ast.ControlDecl)
    for local in control.locals:
        if isinstance(local, ast.VarDecl):
            cx.run(cx, local)
    cx.run(cx, control.body)


def inline(
    cx: Context,
    params: tuple[ast.Parameter, ...],
    args: tuple[ast.Arg, ...],
    body: Callable[[], None],
    hint: str,
    result: ty.Type | None = None,
    *,
    env: Env | None = None,
    sees_caller: bool = False,
) -> Value:
    """Runs `body` with parameters bound to arguments. `env` is the scope of the callee's block, if it has one of its
    own; `sees_caller` is true for actions, which can name what the arguments name."""
    builder = cx.builder
    frame = Frame(builder.block(f"after_{hint}"))
    pairs = list(zip(params, args, strict=True))
    numbers = {p.symbol: scalar_constant(cx, _given(p, a)) for p, a in pairs if _is_int(p)}
    pairs = [(p, a) for p, a in pairs if not _is_int(p)]
    params, args = tuple(p for p, _ in pairs), tuple(a for _, a in pairs)
    bindings = bind_arguments(cx, params, args, frame, sees_caller)
    caller_env, caller_loops = cx.env, cx.loops
    cx.env, cx.loops = env or Env(cx.env), []
    cx.env.constants |= numbers
    for symbol, binding in bindings:
        cx.env.bind(symbol, binding)
    if result is not None:
        frame.result = cx.declare(result, f"{hint}_result", builder.span)
    cx.frames.append(frame)
    span = builder.span
    body()
    builder.span = span
    cx.frames.pop()
    cx.env, cx.loops = caller_env, caller_loops
    builder.join(frame.return_to)
    copy_out(cx, frame)
    return VOID if frame.result is None else frame.result


def _is_int(param: ast.Parameter) -> bool:
    return isinstance(param.type.resolved, ty.InfInt)


def _given(param: ast.Parameter, arg: ast.Arg) -> ast.Expr:
    value = arg.value or param.default
    assert value is not None, "the checker leaves out only what has a default"
    return value


def copy_out(cx: Context, frame: Frame) -> None:
    for place, copy in frame.copy_out:
        store(cx, place, copy)


def bind_arguments(
    cx: Context,
    params: tuple[ast.Parameter, ...],
    args: tuple[ast.Arg, ...],
    frame: Frame,
    sees_caller: bool,
) -> list[tuple[ast.Symbol, Binding]]:
    """What each parameter stands for; copies that must go back are noted in `frame`. Arguments are evaluated in the
    order of the call, which differs from that of the parameters if they have names."""
    touched = [_touched(cx, p, a) for p, a in zip(params, args, strict=True)]
    in_order = sorted(range(len(args)), key=lambda i: args[i].span.start)
    found: list[tuple[ast.Symbol, Binding]] = []
    for i in in_order:
        others = [other for j, other in enumerate(touched) if j != i]
        found.append(
            (params[i].symbol, _bind_one(cx, params[i], args[i], frame, _alone(touched[i], others, sees_caller)))
        )
    return found


def _alone(own: frozenset[str] | None, others: list[frozenset[str] | None], sees_caller: bool) -> bool:
    """Whether no one but the parameter sees what the callee does to its argument."""
    return not sees_caller and own is not None and all(x is not None and not own & x for x in others)


def _touched(cx: Context, param: ast.Parameter, arg: ast.Arg) -> frozenset[str] | None:
    """The variables that an argument reads or may write; None if it takes its evaluation to tell."""
    expr = arg.value
    if expr is None or _object_of(cx, expr) is not None:
        return frozenset()
    if has_calls(expr):
        return None
    written = param.direction in ("out", "inout")
    if not written and cx.parser.reject is not None and scalar_width(param.type.resolved) is not None:
        return None  # it may go beyond a stack, and to look at it is to reject the packet
    value = target(cx, expr) if written else evaluate(cx, expr)
    choices = [choice for _, choice in value.choices] if isinstance(value, OneOf) else [value]
    return frozenset().union(*map(_names_of, choices))


def _names_of(place: Value | BitsOf) -> frozenset[str]:
    if isinstance(place, BitsOf):
        return frozenset((place.base.name,))
    return frozenset(name for leaf in leaves(place) for name in names(leaf))


def _object_of(cx: Context, expr: ast.Expr) -> Binding | None:
    if isinstance(expr, ast.Name):
        found = cx.env.find(expr.symbol)
        if isinstance(found, ObjectInst | BlockInst | Packet):
            return found
    return None


def _bind_one(cx: Context, param: ast.Parameter, arg: ast.Arg, frame: Frame, alone: bool) -> Binding:
    t = param.type.resolved
    if arg.value is None:
        return _ignored(cx, param, arg.span)
    found = _object_of(cx, arg.value)
    if found is not None:
        return found
    if param.direction in ("out", "inout"):
        where = target(cx, arg.value)
        if not isinstance(where, BitsOf | OneOf) and alone and not is_union_member(arg.value):
            if param.direction == "out":
                clear(cx, where, t, arg.span)
            return where
        copy = cx.declare(t, param.name, param.span)
        if param.direction == "inout":
            store(cx, copy, read(where, t, arg.span))
        else:
            clear(cx, copy, t, arg.span)
        frame.copy_out.append((where, copy))
        if is_union_member(arg.value):
            assert isinstance(copy, Record) and copy.valid is not None
            frame.copy_out += others_invalid_with(cx, arg.value, copy.valid)
        return copy
    value = evaluate(cx, arg.value)
    if alone and not isinstance(value, Scalar) and all(isinstance(x, Var | Const) for x in leaves(value)):
        return value
    copy = cx.declare(t, param.name, param.span)
    store(cx, copy, value)
    return copy


def _ignored(cx: Context, param: ast.Parameter, span: Span) -> Value:
    """The place of an `out` argument given as `_`, or of an optional parameter that is left out."""
    if param.default is not None:
        return evaluate(cx, param.default)
    place = cx.declare(param.type.resolved, param.name, span)
    clear(cx, place, param.type.resolved, span)
    return place
