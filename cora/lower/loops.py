"""Loops are unrolled: the IR has no cycles.

A loop whose condition is known in each turn is copied as often as it runs. Where the packet says how often it runs, the
condition is asked before each copy, and a packet that needs more turns than there are copies is dropped (`LIMIT`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass

from cora.diagnostics import error
from cora.frontend import ast
from cora.frontend import types as ty
from cora.ir.cfg import names, op_dsts, successors
from cora.ir.evaluate import evaluate as evaluate_ir
from cora.ir.nodes import Assign, Bin, Branch, Const, Drop, Expr, Op, Terminator, Un, Var, width
from cora.lower.constants import constant
from cora.lower.context import Context, Loop, unsupported
from cora.lower.expressions import evaluate, scalar
from cora.lower.places import freeze, store
from cora.lower.values import Scalar, Stack, Value, leaves

MAX_TURNS = 256
OPEN_TURNS = (MAX_TURNS, 16)
"""Copies of a loop that ends where the packet says: of an outer one, and of one within such a loop."""
LIMIT = "loop_limit"

Known = dict[str, int]
"""Variables of the IR with a value that is known at the place at hand."""


def lower_for(cx: Context, loop: ast.For) -> None:
    done = cx.builder.block("loop_end")
    here = cx.builder.position[0], 0
    for statement in loop.init:
        cx.run(cx, statement)
    known = _known_after(cx, here, cx.unrolled) or {}
    turns, is_open = 0, loop.cond.value is True
    while True:
        cond = scalar(cx, loop.cond)
        held = _never_else_known(cond, known)
        if held == 0:
            break
        if held is None:
            is_open = True
            body = cx.builder.block("loop_turn")
            cx.builder.branch(cond, body, done)
            cx.builder.start(body)
        turns += 1
        if _too_many(cx, turns, is_open, loop):
            break
        here = cx.builder.position
        _turn(cx, loop.body, done, _steady(cx, loop, known), is_open)
        for statement in loop.update:
            cx.run(cx, statement)
        after = _known_after(cx, here, known)
        if after is None:
            break
        known = after
    cx.builder.join(done)


def lower_for_in(cx: Context, loop: ast.ForIn) -> None:
    place = cx.declare(loop.var.type.resolved, loop.var.name, loop.var.span)
    cx.env.bind(loop.var.symbol, place)
    done = cx.builder.block("loop_end")
    if isinstance(loop.over, ast.Range):
        lo, hi = scalar(cx, loop.over.lo), scalar(cx, loop.over.hi)
        if not (isinstance(lo, Const) and isinstance(hi, Const)):
            _count(cx, loop, place, lo, hi, done)
            cx.builder.join(done)
            return
        first, last = _number(lo, loop), _number(hi, loop)
        _too_many(cx, last - first + 1, False, loop)
        values: tuple[Value, ...] = tuple(
            constant(i, loop.var.type.resolved, loop.span, cx) for i in range(first, last + 1)
        )
    else:
        over = freeze(cx, evaluate(cx, loop.over))
        if isinstance(over, Scalar):
            raise unsupported("a loop over this", loop.over.span, "loop over a range, a list or a header stack")
        values = over.elements if isinstance(over, Stack) else tuple(value for _, value in over.fields)
    steady = loop.var.symbol not in set(_written(loop.body))
    for value in values:
        store(cx, place, value)
        pairs = zip(leaves(place), leaves(value), strict=True) if steady else ()
        known = {v.name: x.value for v, x in pairs if isinstance(v, Var) and isinstance(x, Const)}
        _turn(cx, loop.body, done, known, False)
    cx.builder.join(done)


def _number(end: Const, loop: ast.ForIn) -> int:
    """An end of a range, with its sign."""
    signed = isinstance(loop.var.type.resolved, ty.Bits) and loop.var.type.resolved.signed
    return end.value - (1 << end.width) if signed and end.value >> (end.width - 1) else end.value


def _count(cx: Context, loop: ast.ForIn, place: Value, lo: Expr, hi: Expr, done: str) -> None:
    """`lo .. hi` with ends that the packet gives; they are read once."""
    builder = cx.builder
    at, last = builder.temp("loop_at", width(lo)), builder.temp("loop_last", width(hi))
    builder.assign(at, lo)
    builder.assign(last, hi)
    signed = isinstance(loop.var.type.resolved, ty.Bits) and loop.var.type.resolved.signed
    body = builder.block("loop_turn")
    builder.branch(Bin("sle" if signed else "ule", at, last), body, done)
    turns = 0
    while True:
        builder.start(body)
        turns += 1
        if _too_many(cx, turns, True, loop):
            return
        store(cx, place, Scalar(at))
        _turn(cx, loop.body, done, {}, True)
        if isinstance(lo, Const) and not signed and lo.value + turns > (1 << at.width) - 1:
            return
        body = builder.block("loop_turn")
        builder.branch(Bin("eq", at, last), done, body)
        builder.start(body)
        builder.assign(at, Bin("add", at, Const(1, at.width)))
        body = builder.block("loop_turn")
        builder.goto(body)


def _turn(cx: Context, body: ast.Statement, done: str, known: Known, is_open: bool) -> None:
    """One copy of the body; `known` are variables that it leaves alone."""
    after = cx.builder.block("loop_next")
    cx.builder.join(cx.builder.block("loop"))
    outer, cx.unrolled = cx.unrolled, cx.unrolled | known
    cx.open_loops += is_open
    cx.loops.append(Loop(done, after))
    cx.run(cx, body)
    cx.loops.pop()
    cx.open_loops -= is_open
    cx.unrolled = outer
    cx.builder.join(after)


def _too_many(cx: Context, turns: int, is_open: bool, loop: ast.For | ast.ForIn) -> bool:
    """Whether the copies of an open loop are used up: then the packet is dropped. Reports C0306, C0307."""
    if not is_open:
        if turns > MAX_TURNS:
            raise error(
                "C0306", f"this loop runs more than {MAX_TURNS} times", loop.span,
                help=f"loops are unrolled: bound them by constants, at most {MAX_TURNS} times",
            )  # fmt: skip
        return False
    if cx.open_loops >= len(OPEN_TURNS):
        raise error(
            "C0307", "Cora can't tell how often this loop runs, nor two loops around it", loop.span,
            help="bound the inner loops by constants",
        )  # fmt: skip
    if turns <= OPEN_TURNS[cx.open_loops]:
        return False
    cx.builder.end(Drop(LIMIT))
    return True


# ---------------------------------------------------------------- what is known


def _never_else_known(cond: Expr, known: Known) -> int | None:
    """0 or 1 if the condition is known: all of its variables are, or it compares with the end of what there is."""
    if names(cond) <= known.keys():
        return evaluate_ir(cond, known)
    match cond:
        case Bin(op="ult", a=a, b=b):
            low = evaluate_ir(a, known) if names(a) <= known.keys() else None
            high = evaluate_ir(b, known) if names(b) <= known.keys() else None
            return 0 if low == (1 << width(a)) - 1 or high == 0 else None
        case Bin(op="and", a=a, b=b) if width(cond) == 1:
            return 0 if 0 in (_never_else_known(a, known), _never_else_known(b, known)) else None
        case Un(op="not", a=Un(op="not", a=a)):
            return _never_else_known(a, known)
        case _:
            return None


def _known_after(cx: Context, start: tuple[int, int], known: Known) -> Known | None:
    """What is known now, on all ways from the position `start` of the builder, where `known` was known. None if no way
    leads here."""
    blocks = cx.builder.blocks[start[0] :]
    runs = [*((b.name, b.ops, b.end) for b in blocks), (cx.builder.current, cx.builder.operations, None)]
    states: dict[str | None, Known] = {runs[0][0]: dict(known)}
    for i, (name, ops, end) in enumerate(runs):
        found = states.get(name)
        if found is None:
            continue
        _apply(ops[start[1] :] if i == 0 else ops, found)
        if end is None:
            return found
        for target in _targets(end, found):
            before = states.get(target)
            states[target] = dict(found) if before is None else dict(before.items() & found.items())
    return None


def _targets(end: Terminator, known: Known) -> tuple[str, ...]:
    """Where a block can go, as far as its condition isn't known."""
    if isinstance(end, Branch) and names(end.cond) <= known.keys():
        return (end.then if evaluate_ir(end.cond, known) else end.orelse,)
    return successors(end)


def _apply(ops: tuple[Op, ...], known: Known) -> None:
    for op in ops:
        if isinstance(op, Assign) and names(op.value) <= known.keys():
            known[op.dst.name] = evaluate_ir(op.value, known)
        else:
            for dst in op_dsts(op):
                known.pop(dst.name, None)


def _steady(cx: Context, loop: ast.For, known: Known) -> Known:
    """The loop's own variables that its body leaves alone, with their values."""
    written = set(_written(loop.body))
    own = [s.symbol for s in loop.init if isinstance(s, ast.VarDecl) and s.symbol not in written]
    found: Known = {}
    for symbol in own:
        place = cx.env.find(symbol)
        if isinstance(place, Scalar) and isinstance(place.expr, Var) and place.expr.name in known:
            found[place.expr.name] = known[place.expr.name]
    return found


def _written(node: object) -> Iterator[ast.Symbol]:
    """The variables that a tree may write: what it assigns to, passes on, or calls methods of."""
    match node:
        case tuple():
            for item in node:  # pyright: ignore[reportUnknownVariableType]
                yield from _written(item)  # pyright: ignore[reportUnknownArgumentType]
        case ast.Assign(target=target):
            yield from _roots(target)
        case ast.Call(func=func, args=args):
            yield from _roots(func)
            for arg in args:
                yield from _roots(arg.value)
        case _:
            pass
    if isinstance(node, ast.Node) and is_dataclass(node):
        for f in fields(node):
            if f.name not in ("span", "symbol", "type", "target") or isinstance(node, ast.Assign):
                yield from _written(getattr(node, f.name))


def _roots(expr: ast.Expr | None) -> Iterator[ast.Symbol]:
    """The variable that an l-value is a part of."""
    while isinstance(expr, ast.Select | ast.Index | ast.SliceExpr):
        expr = expr.base
    if isinstance(expr, ast.Name):
        yield expr.symbol
