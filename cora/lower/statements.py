"""P4 statements to blocks. Loops are unrolled: the IR has no cycles."""

from __future__ import annotations

from collections.abc import Sequence

from cora.diagnostics import error
from cora.frontend import ast
from cora.frontend import types as ty
from cora.ir.cfg import names, op_dsts
from cora.ir.evaluate import evaluate as evaluate_ir
from cora.ir.nodes import Const, Expr, Switch, Var
from cora.lower import tables
from cora.lower.context import Context, Loop, unsupported
from cora.lower.expressions import clear, constant, evaluate, freeze, scalar, scalar_constant, store, target
from cora.lower.inlining import copy_out
from cora.lower.unions import invalidate_others
from cora.lower.values import Record, Scalar, Stack, leaves

MAX_ITERATIONS = 256


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
            _for(cx, statement)
        case ast.ForIn():
            _for_in(cx, statement)
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


# ---------------------------------------------------------------- loops


def _for_in(cx: Context, loop: ast.ForIn) -> None:
    place = cx.declare(loop.var.type.resolved, loop.var.name, loop.var.span)
    cx.env.bind(loop.var.symbol, place)
    if isinstance(loop.over, ast.Range):
        lo, hi = scalar_constant(cx, loop.over.lo), scalar_constant(cx, loop.over.hi)
        _check_iterations(hi - lo + 1, loop)
        values = [constant(i, loop.var.type.resolved, loop.span, cx) for i in range(lo, hi + 1)]
    else:
        over = freeze(cx, evaluate(cx, loop.over))
        if isinstance(over, Scalar):
            raise unsupported("a loop over this", loop.over.span, "loop over a range, a list or a header stack")
        values = list(over.elements) if isinstance(over, Stack) else [value for _, value in over.fields]
    done = cx.builder.block("loop_end")
    for value in values:
        store(cx, place, value)
        known = {v.name: x.value for v, x in zip(leaves(place), leaves(value), strict=True)
                 if isinstance(v, Var) and isinstance(x, Const)}  # fmt: skip
        if _iteration(cx, loop.body, done, known) & known.keys():
            raise unsupported("assigning to a loop's variable", loop.var.span, "copy it to a variable of its own")
    cx.builder.join(done)


def _iteration(cx: Context, body: ast.Statement, done: str, known: dict[str, int]) -> set[str]:
    """One turn of a loop, with the values of its variables; gives the variables that the body wrote."""
    after = cx.builder.block("loop_next")
    cx.builder.join(cx.builder.block("loop"))
    mark = len(cx.builder.blocks)
    outer, cx.unrolled = cx.unrolled, cx.unrolled | known
    cx.loops.append(Loop(done, after))
    run(cx, body)
    cx.loops.pop()
    cx.unrolled = outer
    cx.builder.join(after)
    return {v.name for b in cx.builder.blocks[mark:] for op in b.ops for v in op_dsts(op)}


def _check_iterations(count: int, loop: ast.For | ast.ForIn) -> None:
    if count > MAX_ITERATIONS:
        raise error(
            "C0306",
            f"this loop runs more than {MAX_ITERATIONS} times",
            loop.span,
            help=f"loops are unrolled: bound them by constants, at most {MAX_ITERATIONS} times",
        )


def _for(cx: Context, loop: ast.For) -> None:
    """Unrolled while the condition, on constants assigned by the loop's own head, says so. The loop's variables are
    tracked here: they must start as constants and be changed by the update part alone."""
    done = cx.builder.block("loop_end")
    known: dict[str, int] = {}
    for statement in loop.init:
        run(cx, statement)
        _track(cx, statement, known)
    count = 0
    while _holds(cx, loop, known):
        count += 1
        _check_iterations(count, loop)
        for name in _iteration(cx, loop.body, done, known):
            known.pop(name, None)  # the body changed it: what it is now is not known
        for statement in loop.update:
            run(cx, statement)
            _track(cx, statement, known)
    cx.builder.join(done)


def _track(cx: Context, statement: ast.Statement, known: dict[str, int]) -> None:
    match statement:
        case ast.VarDecl(symbol=symbol, init=init) if init is not None:
            _track_value(cx, evaluate(cx, ast.Name(symbol.name, symbol=symbol, span=statement.span)), init, known)
        case ast.Assign(target=where, value=value):
            _track_value(cx, evaluate(cx, where), value, known)
        case _:
            pass


def _track_value(cx: Context, where: object, value: ast.Expr, known: dict[str, int]) -> None:
    if isinstance(where, Scalar):
        leaf = next(leaves(where))
        number = _known_number(scalar(cx, value), known)
        name = getattr(leaf, "name", "")
        if number is None:
            known.pop(name, None)
        else:
            known[name] = number


def _known_number(expr: Expr, known: dict[str, int]) -> int | None:
    return evaluate_ir(expr, known) if names(expr) <= known.keys() else None


def _holds(cx: Context, loop: ast.For, known: dict[str, int]) -> bool:
    held = _known_number(scalar(cx, loop.cond), known)
    if held is None:
        raise error(
            "C0307",
            "Cora can't tell how often this loop runs",
            loop.cond.span,
            help="start its variable at a constant, change it in the loop's head only, compare it with a constant",
        )
    return held == 1
