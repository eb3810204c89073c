"""Puts the expressions back that p4c computed into variables of its own.

To fix the order of side effects, p4c's front end takes expressions apart; its variables are called `tmp` and `key_0`:

    if (a) tmp = x; else tmp = y;   m.p = tmp;        becomes    m.p = a ? x : y;
    if (!a) tmp = false; else tmp = b;  r = tmp;      becomes    r = a && b;
    key_0 = f(h); t.apply();   key = { key_0: exact; }   becomes    t.apply();   key = { f(h): exact; }

Only where that means the same: the variable is read in one place, right after it is written. What doesn't fit stays as
p4c has it, which is as right and only longer.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import TypeVar

from cora.frontend import ast
from cora.frontend.p4c.names import written_name
from cora.frontend.p4c.walk import rewrite, walk

_MADE = re.compile(r"(tmp|key)(_\d+)*")
B = TypeVar("B", bound=ast.ParserDecl | ast.ControlDecl)
E = TypeVar("E", bound=ast.ExprNode)


def fold_temporaries(program: ast.Program) -> ast.Program:
    return replace(
        program,
        declarations=tuple(
            _folded(d) if isinstance(d, ast.ParserDecl | ast.ControlDecl) else d for d in program.declarations
        ),
    )


def _folded(block: B) -> B:
    names = {
        d.name for d in block.locals
        if isinstance(d, ast.VarDecl) and d.init is None and _MADE.fullmatch(d.name) and written_name(d) is None
    }  # fmt: skip
    if not names:
        return block
    block = rewrite(block, lambda node: _conditional(node, names))
    block = _Substitution(block, names).result(block)
    block = _fold_keys(block, names)
    used = {node.name for node in walk(block) if isinstance(node, ast.Name)}

    def without_unused(node: ast.Node) -> ast.Node:
        if not isinstance(node, ast.ParserDecl | ast.ControlDecl):
            return node
        return replace(node, locals=tuple(d for d in node.locals if d.name not in names or d.name in used))

    return rewrite(block, without_unused)


def _written(statement: ast.Node | None, names: set[str]) -> str | None:
    """The temporary that a plain assignment writes."""
    match statement:
        case ast.Assign(target=ast.Name(name=name), op="") if name in names:
            return name
        case _:
            return None


# ---------------------------------------------------------------- conditions


def _conditional(node: ast.Node, names: set[str]) -> ast.Node:
    """`if (a) tmp = x; else tmp = y;` as one assignment."""
    if not isinstance(node, ast.If):
        return node
    then, orelse = _single(node.then), _single(node.orelse)
    name = _written(then, names)
    if name is None or name != _written(orelse, names):
        return node
    assert isinstance(then, ast.Assign) and isinstance(orelse, ast.Assign)
    return replace(then, value=_choice(node.cond, then.value, orelse.value), span=node.span)


def _single(statement: ast.Statement | None) -> ast.Statement | None:
    """The statement, or the only one of a block; `{ tmp_0 = e; tmp = tmp_0; }` counts as `tmp = e`."""
    if not isinstance(statement, ast.Block):
        return statement
    match statement.statements:
        case (only,):
            return _single(only)
        case (
            ast.Assign(target=ast.Name(name=first), op="", value=value),
            ast.Assign(op="", value=ast.Name(name=second)) as last,
        ) if first == second:
            return replace(last, value=value)
        case _:
            return statement


def _choice(cond: ast.Expr, then: ast.Expr, orelse: ast.Expr) -> ast.Expr:
    match cond, then, orelse:
        case ast.Unary(op="!", operand=left), ast.BoolLit(truth=False), right:
            return ast.Binary("&&", left, right, span=cond.span)
        case left, ast.BoolLit(truth=True), right:
            return ast.Binary("||", left, right, span=cond.span)
        case _:
            return ast.Ternary(cond, then, orelse, span=cond.span)


# ---------------------------------------------------------------- read once, right after it is written


class _Substitution:
    """Puts the values of temporaries that are written once and read once into the statement that reads them."""

    def __init__(self, block: ast.ParserDecl | ast.ControlDecl, names: set[str]) -> None:
        mentions = Counter(node.name for node in walk(block) if isinstance(node, ast.Name) and node.name in names)
        writes = Counter(name for node in walk(block) if (name := _written(node, names)))
        self.once = {name for name in names if mentions[name] == 2 and writes[name] == 1}

    def result(self, block: B) -> B:
        return rewrite(block, self._change)

    def _change(self, node: ast.Node) -> ast.Node:
        match node:
            case ast.Block():
                return replace(node, statements=self._sequence(node.statements))
            case ast.ParserState():
                statements = self._sequence(node.statements)
                if not isinstance(node.transition, ast.SelectTransition):
                    return replace(node, statements=statements)
                rest, exprs = self._selected(statements, node.transition.exprs)
                return replace(node, statements=rest, transition=replace(node.transition, exprs=exprs))
            case _:
                return node

    def _selected(
        self, statements: tuple[ast.Statement, ...], exprs: tuple[ast.Expr, ...]
    ) -> tuple[tuple[ast.Statement, ...], tuple[ast.Expr, ...]]:
        """The expressions of a select with the values that the last statements compute for them."""
        while statements:
            last = statements[-1]
            name = _written(last, self.once)
            at = next((i for i, e in enumerate(exprs) if isinstance(e, ast.Name) and e.name == name), None)
            if not isinstance(last, ast.Assign) or at is None or not all(_is_pure(e) for e in exprs[:at]):
                break
            statements, exprs = statements[:-1], (*exprs[:at], last.value, *exprs[at + 1 :])
        return statements, exprs

    def _sequence(self, statements: tuple[ast.Statement, ...]) -> tuple[ast.Statement, ...]:
        done: list[ast.Statement] = []  # backwards
        for statement in reversed(statements):
            name = _written(statement, self.once)
            if name is not None and done:
                assert isinstance(statement, ast.Assign)
                after = _put_in(done[-1], name, statement.value)
                if after is not None:
                    done[-1] = after
                    continue
            done.append(statement)
        return tuple(reversed(done))


def _put_in(statement: ast.Statement, name: str, value: ast.Expr) -> ast.Statement | None:
    """The statement with `value` for `name`, if its head reads it, before the statement does anything."""
    match statement:
        case ast.Assign(op="") if _reads(statement.value, name) and _may_move(statement.value, name, value):
            if not _is_pure(value) and any(isinstance(node, ast.Index) for node in walk(statement.target)):
                return None  # the index is evaluated first
            return replace(statement, value=_with(statement.value, name, value))
        case ast.CallStmt() if _reads(statement.call, name) and _may_move(statement.call, name, value):
            return replace(statement, call=_with(statement.call, name, value))
        case ast.If() if _reads(statement.cond, name) and _may_move(statement.cond, name, value):
            return replace(statement, cond=_with(statement.cond, name, value))
        case ast.Switch() if _reads(statement.subject, name) and _may_move(statement.subject, name, value):
            return replace(statement, subject=_with(statement.subject, name, value))
        case ast.Return(value=ast.Name(name=returned)) if returned == name:
            return replace(statement, value=value)
        case _:
            return None


def _may_move(head: ast.Expr, name: str, value: ast.Expr) -> bool:
    """A value with side effects only moves to where nothing else is evaluated; one without, to where no call of the
    head can run before it is read."""
    match head:
        case ast.Name(name=only) | ast.Unary(operand=ast.Name(name=only)):
            return only == name
        case ast.Call() if _is_pure(head.func):
            # A place for an argument could be written to; a value can't, so it can only be read.
            direct = any(isinstance(a.value, ast.Name) and a.value.name == name for a in head.args)
            if direct and isinstance(value, ast.Name | ast.Select | ast.Index | ast.SliceExpr):
                return False
            return _is_pure(value) and all(a.value is None or _is_pure(a.value) for a in head.args)
        case _:
            return _is_pure(value) and _is_pure(head)


def _reads(expr: ast.Expr, name: str) -> bool:
    return any(isinstance(node, ast.Name) and node.name == name for node in walk(expr))


def _is_pure(expr: ast.Expr) -> bool:
    calls = (node for node in walk(expr) if isinstance(node, ast.Call))
    return all(isinstance(c.func, ast.Select) and c.func.name == "isValid" for c in calls)


def _with(expr: E, name: str, value: ast.Expr) -> E:
    return rewrite(expr, lambda node: value if isinstance(node, ast.Name) and node.name == name else node)


# ---------------------------------------------------------------- keys


def _fold_keys(control: B, names: set[str]) -> B:
    keys = {
        element.expr.name: table.name
        for table in control.locals if isinstance(table, ast.TableDecl)
        for element in table.key if isinstance(element.expr, ast.Name) and element.expr.name in names
    }  # fmt: skip
    found = _Keys(control, keys)
    if not found.values:
        return control

    def change(node: ast.Node) -> ast.Node:
        match node:
            case ast.KeyElement(expr=ast.Name(name=name)) if name in found.values:
                return replace(node, expr=found.values[name])
            case ast.Block():
                kept = tuple(s for s in node.statements if _written(s, found.names) is None)
                return replace(node, statements=kept) if len(kept) < len(node.statements) else node
            case _:
                return node

    return rewrite(control, change)


class _Keys:
    """Which temporaries are only a table's key, have one value, and are always written right before the table is
    applied."""

    def __init__(self, control: ast.ParserDecl | ast.ControlDecl, keys: dict[str, str]) -> None:
        self.keys = keys
        self.values: dict[str, ast.Expr] = {}
        mentions: Counter[str] = Counter()
        applied: Counter[str] = Counter()
        before: Counter[str] = Counter()
        changed: set[str] = set()
        for node in walk(control):
            match node:
                case ast.Name(name=name) if name in keys:
                    mentions[name] += 1
                case ast.Select(base=ast.Name(name=table), name="apply"):
                    applied[table] += 1
                case ast.Block():
                    for name, value in self._writes(node):
                        before[name] += 1
                        if self.values.setdefault(name, value) != value:
                            changed.add(name)
                case _:
                    pass
        whole = {n for n, t in keys.items() if mentions[n] == before[n] + 1 and before[n] == applied[t]}
        self.names = {n for n in whole - changed if n in self.values}
        self.values = {n: v for n, v in self.values.items() if n in self.names}

    def _writes(self, block: ast.Block) -> Iterator[tuple[str, ast.Expr]]:
        """The writes of keys in a block that stand right before their table is applied."""
        waiting: list[tuple[str, ast.Expr]] = []
        for statement in block.statements:
            name = _written(statement, set(self.keys))
            if name is not None and isinstance(statement, ast.Assign):
                waiting.append((name, statement.value))
                continue
            tables = _applied_first(statement)
            yield from ((n, v) for n, v in waiting if self.keys[n] in tables)
            waiting = []


def _applied_first(statement: ast.Statement) -> set[str]:
    """The tables that a statement applies in what it evaluates first."""
    match statement:
        case ast.CallStmt(call=head) | ast.If(cond=head) | ast.Switch(subject=head) | ast.Assign(value=head):
            calls = (node for node in walk(head) if isinstance(node, ast.Select) and node.name == "apply")
            return {c.base.name for c in calls if isinstance(c.base, ast.Name)}
        case _:
            return set()
