"""`t.apply()`: a lookup, then the action that it found, inlined.

A table of the control plane becomes a `table` state, one with `add_on_miss = true` a `flow_table` state. On a hit the
action runs with the values of the entry, on a miss the default action runs.
"""

from __future__ import annotations

from collections.abc import Callable

from cora.diagnostics import Span
from cora.frontend import ast
from cora.ir.nodes import Access, Assign, Const, Expr, Switch, Un, Var, width
from cora.lower import table_states
from cora.lower.context import Context, TableInst, TableScope
from cora.lower.expressions import scalar
from cora.lower.extern_direct import count_automatically
from cora.lower.inlining import inline
from cora.lower.table_states import action_refs
from cora.lower.values import VOID, Record, Scalar, Value

Route = Callable[[Expr, int], None]
"""Ends the block behind an action: takes whether the lookup hit and the action's position in `action_refs`."""


def apply(cx: Context, symbol: ast.Symbol) -> Value:
    """`t.apply()` as a value: members hit, miss and action_run."""
    builder = cx.builder
    hit = builder.temp(f"{symbol.name}_hit", 1)
    run = builder.temp(f"{symbol.name}_run", 8)
    done = builder.block("join")

    def route(found: Expr, action: int) -> None:
        builder.assign(hit, found)
        builder.assign(run, Const(action, 8))
        builder.goto(done)

    dispatch(cx, symbol, route)
    builder.start(done)
    return Record((("hit", Scalar(hit)), ("miss", Scalar(Un("not", hit))), ("action_run", Scalar(run))))


def dispatch(cx: Context, symbol: ast.Symbol, route: Route) -> None:
    """Looks up and runs the action; `route` ends each of the blocks that this leaves open."""
    table = cx.object(symbol)
    assert isinstance(table, TableInst)
    kind = table_states.state_of(cx, table)
    span = cx.builder.span
    if kind == "":
        _run_action(cx, table, _default_index(table.decl), None, TableScope(table, "", (), False, ()))
        route(Const(0, 1), _default_index(table.decl))
        return
    state = cx.states[table.state]
    root = cx.builder.fresh(symbol.name)
    key = _key(cx, table, root)
    results = (Var(f"{root}.hit", 1), *(Var(f"{root}.{f.name}", f.width) for f in state.values))
    cx.builder.emit(Access(table.state, "lookup", key, results=results))
    count_automatically(cx, table, results)
    if kind == "table":
        scope = TableScope(table, table.state, key, True, results)
        _arms(cx, table, scope, tuple(range(len(state.actions))), route)
        return
    on_hit, on_miss = cx.builder.block(f"{symbol.name}_hit"), cx.builder.block(f"{symbol.name}_miss")
    cx.builder.branch(results[0], on_hit, on_miss)
    cx.builder.start(on_hit)
    insertable = table_states.insertable(table.decl)
    _arms(cx, table, TableScope(table, table.state, key, True, results), insertable, route)
    cx.builder.span = span
    cx.builder.start(on_miss)
    default = _default_index(table.decl)
    _run_action(cx, table, default, None, TableScope(table, table.state, key, False, results))
    route(Const(0, 1), default)


def _default_index(decl: ast.TableDecl) -> int:
    return table_states.default_index(decl)


def _key(cx: Context, table: TableInst, root: str) -> tuple[Expr, ...]:
    """The key in variables of its own: an insert after a miss uses the key that was missed."""
    caller, cx.env = cx.env, table.env
    key: list[Expr] = []
    for element, name in zip(table_states.match_key(table.decl), table_states.key_names(table.decl), strict=True):
        value = scalar(cx, element.expr)
        held = Var(f"{root}.$key.{name}", width(value))
        cx.builder.emit(Assign(held, value, element.span))
        key.append(held)
    cx.env = caller
    return tuple(key) or (Const(0, table_states.NO_KEY.width),)


def _arms(cx: Context, table: TableInst, scope: TableScope, actions: tuple[int, ...], route: Route) -> None:
    """One block for each action that an entry may have; the last one takes what is left over."""
    hit: Expr = scope.results[0] if cx.states[scope.state].kind == "table" else Const(1, 1)
    if len(actions) == 1:
        _run_action(cx, table, actions[0], scope.results, scope)
        route(hit, actions[0])
        return
    refs = action_refs(table.decl)
    blocks = [cx.builder.block(f"{table.decl.name}_{refs[i].symbol.name}") for i in actions]
    chosen = next(v for v in scope.results if v.name.endswith(".action"))
    cases = tuple((i, block) for i, block in enumerate(blocks[:-1]))
    cx.builder.end(Switch(chosen, cases, blocks[-1]))
    span = cx.builder.span
    for action, block in zip(actions, blocks, strict=True):
        cx.builder.span = span
        cx.builder.start(block)
        _run_action(cx, table, action, scope.results, scope)
        route(hit, action)
    cx.builder.span = span


def _run_action(cx: Context, table: TableInst, index: int, results: tuple[Var, ...] | None, scope: TableScope) -> None:
    """Inlines an action. Its parameters without direction come from the lookup's results, or, where there are none
    (the default action of a flow table), from the arguments that the program gives."""
    ref = action_refs(table.decl)[index]
    action = ref.symbol.decl
    assert isinstance(action, ast.ActionDecl)
    caller, cx.env = cx.env, table.env
    cx.tables.append(scope)
    cx.actions.append(action.name)
    directed = [p for p in action.params if p.direction]
    given = dict(zip([p.name for p in directed], ref.args, strict=False))
    if results is None:
        args = table_states.default_args(table.decl, action)
        inline(cx, action.params, args, lambda: cx.run(cx, action.body), action.name, sees_caller=True)
    else:
        prefix = f"{results[0].name.removesuffix('.hit')}.{table_states.action_name(table.decl, index)}."
        data = {
            p.symbol: Scalar(_result(results, prefix + table_states.param_name(p)))
            for p in action.params
            if not p.direction
        }
        params = tuple(directed)
        args = tuple(given.get(p.name, _left_out(p.span)) for p in params)

        def body() -> None:
            for symbol, value in data.items():
                held = cx.declare(symbol.type, symbol.name, action.span)
                assert isinstance(held, Scalar) and isinstance(held.expr, Var)
                cx.builder.assign(held.expr, value.expr)
                cx.env.bind(symbol, held)
            cx.run(cx, action.body)

        inline(cx, params, args, body, action.name, sees_caller=True)
    cx.actions.pop()
    cx.tables.pop()
    cx.env = caller


def _left_out(span: Span) -> ast.Arg:
    return ast.Arg("", None, span=span)


def _result(results: tuple[Var, ...], name: str) -> Var:
    return next(v for v in results if v.name == name)


__all__ = ["VOID", "Route", "action_refs", "apply", "dispatch"]
