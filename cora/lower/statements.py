"""P4 statements to blocks. Loops are unrolled: the IR has no cycles."""

from __future__ import annotations

from collections.abc import Sequence

from cora.diagnostics import error
from cora.frontend import ast
from cora.frontend import types as ty
from cora.ir.nodes import Const, Expr, Switch
from cora.lower import loops, tables
from cora.lower.context import Context, unsupported
from cora.lower.expressions import evaluate, scalar
from cora.lower.inlining import copy_out
from cora.lower.places import clear, store
from cora.lower.targets import target
from cora.lower.unions import invalidate_others
from cora.lower.values import Record, Scalar, Stack


def run(cx: Context, statement: ast.Statement) -> None:
    """Lowers one statement into the current block and those that follow it."""
    outer = cx.builder.span
    if not isinstance(statement, ast.Block):
        cx.builder.span = statement.span
    _run(cx, statement)
    cx.builder.span = outer


def _run(cx: Context, statement: ast.Statement) -> None:
    match statement:
        case ast.Block(statements=statements):
            for inner in statements:
                run(cx, inner)
        case ast.Assign():
            _assign(cx, statement)
        case ast.CallStmt(call=call):
            cx.call(cx, call)
        case ast.If():
            _if(cx, statement)
        case ast.Switch():
            _switch(cx, statement)
        case ast.VarDecl():
            _variable(cx, statement)
        case ast.Return(value=value):
            _return(cx, value)
        case ast.Exit():
            for frame in reversed(cx.frames):
                copy_out(cx, frame)
            cx.builder.goto(cx.exit_to)
        case ast.Break():
            cx.builder.goto(cx.loops[-1].break_to)
        case ast.Continue():
            cx.builder.goto(cx.loops[-1].continue_to)
        case ast.For():
            loops.lower_for(cx, statement)
        case ast.ForIn():
            loops.lower_for_in(cx, statement)
        case ast.Empty() | ast.ConstDecl():
            pass
        case ast.Instantiation():
            raise unsupported("an object made inside of a block", statement.span, "declare it in the control")


def _assign(cx: Context, statement: ast.Assign) -> None:
    where = target(cx, statement.target)
    store(cx, where, evaluate(cx, statement.value))
    invalidate_others(cx, statement.target)


def _variable(cx: Context, decl: ast.VarDecl) -> None:
    t = decl.type.resolved
    value = None if decl.init is None else evaluate(cx, decl.init)
    # A parser's state is lowered once for each situation, and in pieces: they share its variables.
    known = cx.env.bindings.get(decl.symbol) if cx.parser.reject is not None else None
    place = known if isinstance(known, Scalar | Record | Stack) else cx.declare(t, decl.name, decl.span)
    if value is None:
        clear(cx, place, t, decl.span)
    else:
        store(cx, place, value)
    cx.env.bind(decl.symbol, place)


def _return(cx: Context, value: ast.Expr | None) -> None:
    if not cx.frames:
        cx.builder.goto(cx.exit_to)  # of a control of the architecture
        return
    frame = cx.frames[-1]
    if value is not None and frame.result is not None:
        store(cx, frame.result, evaluate(cx, value))
    cx.builder.goto(frame.return_to)


# ---------------------------------------------------------------- branches


def _if(cx: Context, statement: ast.If) -> None:
    builder = cx.builder
    then, done = builder.block("then"), builder.block("join")
    orelse = builder.block("else") if statement.orelse is not None else done
    if not _branch_on_apply(cx, statement.cond, then, orelse):
        builder.branch(scalar(cx, statement.cond), then, orelse)
    builder.start(then)
    run(cx, statement.then)
    builder.goto(done)
    if statement.orelse is not None:
        builder.start(orelse)
        run(cx, statement.orelse)
        builder.goto(done)
    builder.start(done)


def _branch_on_apply(cx: Context, cond: ast.Expr, then: str, orelse: str) -> bool:
    """`if (t.apply().hit)`: each action's code goes on straight to the branch that follows its outcome."""
    match cond:
        case ast.Unary(op="!", operand=operand):
            return _branch_on_apply(cx, operand, orelse, then)
        case ast.Select(base=ast.Call(target=ast.TableTarget(symbol=symbol)), name="hit" | "miss" as member):
            on_hit, on_miss = (then, orelse) if member == "hit" else (orelse, then)

            def route(hit: Expr, action: int) -> None:
                cx.builder.branch(hit, on_hit, on_miss)

            tables.dispatch(cx, symbol, route)
            return True
        case _:
            return False


def _switch(cx: Context, statement: ast.Switch) -> None:
    builder = cx.builder
    done = builder.block("join")
    targets: list[tuple[ast.Expr, str]] = []
    bodies: list[tuple[str, ast.Block]] = []
    waiting: list[ast.Expr] = []
    for case in statement.cases:
        waiting.append(case.label)
        if case.body is not None:
            block = builder.block("case")
            targets += [(label, block) for label in waiting]
            bodies.append((block, case.body))
            waiting = []
    targets += [(label, done) for label in waiting]
    _switch_head(cx, statement.subject, targets, done)
    for block, body in bodies:
        builder.start(block)
        run(cx, body)
        builder.goto(done)
    builder.start(done)


def _switch_head(cx: Context, subject: ast.Expr, targets: list[tuple[ast.Expr, str]], done: str) -> None:
    default = next((block for label, block in targets if isinstance(label, ast.DontCare)), done)
    labels = [(label, block) for label, block in targets if not isinstance(label, ast.DontCare)]
    match subject:
        case ast.Select(base=ast.Call(target=ast.TableTarget(symbol=symbol)), name="action_run"):
            by_action = _by_action(symbol, labels)

            def route(hit: Expr, action: int) -> None:
                cx.builder.goto(by_action.get(action, default))

            tables.dispatch(cx, symbol, route)
        case ast.Select(type=ty.ActionRunType()) | ast.Name(type=ty.ActionRunType()):
            raise unsupported("action_run of a stored result", subject.span, "write switch (table.apply().action_run)")
        case _:
            value = scalar(cx, subject)
            cases = tuple((scalar_constant_of(cx, label), block) for label, block in labels)
            cx.builder.end(Switch(value, cases, default))


def _by_action(symbol: ast.Symbol, labels: Sequence[tuple[ast.Expr, str]]) -> dict[int, str]:
    assert isinstance(symbol.decl, ast.TableDecl)
    actions = [ref.symbol for ref in tables.action_refs(symbol.decl)]
    found: dict[int, str] = {}
    for label, block in labels:
        assert isinstance(label, ast.Name)
        found[actions.index(label.symbol)] = block
    return found


def scalar_constant_of(cx: Context, label: ast.Expr) -> int:
    """The bits of a constant label."""
    value = evaluate(cx, label)
    if isinstance(value, Scalar) and isinstance(value.expr, Const):
        return value.expr.value
    raise error("C0305", "this must be known at compile time", label.span, help="use a constant")
