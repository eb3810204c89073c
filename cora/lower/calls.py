"""Calls: functions, actions and controls are inlined, tables looked up; the rest goes to the externs."""

from __future__ import annotations

from cora.frontend import ast
from cora.frontend import types as ty
from cora.lower import externs, tables
from cora.lower.context import BlockInst, Context, unsupported
from cora.lower.expressions import evaluate
from cora.lower.generics import specialise
from cora.lower.inlining import apply_control, call_action, inline
from cora.lower.instances import instantiate_block
from cora.lower.places import store
from cora.lower.targets import target
from cora.lower.unions import any_valid, invalidate_others, set_valid_if
from cora.lower.values import BOOL_TRUE, VOID, OneOf, Record, Scalar, Stack, Value, headers_of


def lower_call(cx: Context, call: ast.Call) -> Value:
    """The result of a call; `VOID` if it has none."""
    match call.target:
        case ast.BuiltinTarget(owner=owner, method=method):
            return _builtin(cx, call, owner, method)
        case ast.FunctionTarget(symbol=symbol):
            return _function(cx, call, symbol)
        case ast.TableTarget(symbol=symbol):
            return tables.apply(cx, symbol)
        case ast.BlockTarget():
            return _block(cx, call, call.target)
        case ast.ExternTarget(name=name):
            return externs.call_function(cx, name, call)
        case ast.MethodTarget():
            return externs.call_method(cx, call.target, call)
        case ast.ConstructorTarget() | None:
            raise unsupported("an object without a name", call.span, "declare the object and use its name")


# ---------------------------------------------------------------- methods of headers and stacks


def _builtin(cx: Context, call: ast.Call, owner: ast.Expr, method: str) -> Value:
    if method in ("setValid", "setInvalid"):
        _set_validity(cx, owner, method == "setValid")
        return VOID
    value = evaluate(cx, owner)
    match value, method:
        case Record(valid=None), "isValid":
            return Scalar(any_valid(value))
        case Record(valid=valid), "isValid" if valid is not None:
            return Scalar(valid)
        case Stack(), "push_front" | "pop_front":
            count = call.args[0].value
            assert count is not None and isinstance(count.value, int)
            _shift_stack(cx, value, count.value if method == "push_front" else -count.value)
        case _:
            raise unsupported(f"{method}()", call.span, "use isValid, setValid, setInvalid, push_front or pop_front")
    return VOID


def _set_validity(cx: Context, owner: ast.Expr, valid: bool) -> None:
    where = target(cx, owner)
    for cond, place in where.choices if isinstance(where, OneOf) else ((BOOL_TRUE, where),):
        set_valid_if(cx, cond, place, valid, owner.span)
    invalidate_others(cx, owner)


def _shift_stack(cx: Context, stack: Stack, by: int) -> None:
    """Moves the elements of a stack up (`by` > 0) or down; the new ones are invalid."""
    size = len(stack.elements)
    order = range(size - 1, -1, -1) if by > 0 else range(size)
    for i in order:
        element = stack.elements[i]
        if 0 <= i - by < size:
            store(cx, element, stack.elements[i - by])
            continue
        for header in headers_of(element):
            cx.set_valid(header, False, cx.builder.span)


# ---------------------------------------------------------------- inlining


def _function(cx: Context, call: ast.Call, symbol: ast.Symbol) -> Value:
    match symbol.decl:
        case ast.ActionDecl() as action:
            return call_action(cx, action, call.args)
        case ast.FunctionDecl() as generic:
            function = specialise(generic, call)
            result = None if isinstance(function.result.resolved, ty.Void) else function.result.resolved
            return inline(cx, function.params, call.args, lambda: cx.run(cx, function.body), function.name, result)
        case _:
            raise AssertionError(f"{symbol.name} is no function")


def _block(cx: Context, call: ast.Call, called: ast.BlockTarget) -> Value:
    if called.symbol is None:
        decl = called.block.decl
        given = decl.constructor if isinstance(decl, ast.ParserDecl | ast.ControlDecl) else ()
        defaults = tuple(ast.Arg(p.name, p.default, span=call.span) for p in given)
        instance = instantiate_block(cx, called.block, called.block.name, defaults, cx.env)
    else:
        found = cx.object(called.symbol)
        assert isinstance(found, BlockInst)
        instance = found
    if isinstance(instance.decl, ast.ParserDecl):
        raise unsupported("a parser called from a control", call.span, "call it from a parser state")
    apply_control(cx, instance, call.args)
    return VOID
