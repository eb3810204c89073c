"""Actions and tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from cora.diagnostics import Diagnostic, Label, Span
from cora.frontend import ast
from cora.frontend.parse.statements import StatementParser

T = TypeVar("T")


@dataclass(slots=True)
class _Table:
    key: list[ast.KeyElement] = field(default_factory=list[ast.KeyElement])
    actions: list[ast.ActionRef] = field(default_factory=list[ast.ActionRef])
    default: ast.ActionRef | None = None
    const_default: bool = False
    entries: list[ast.TableEntry] | None = None
    const_entries: bool = False
    properties: list[ast.TableProperty] = field(default_factory=list[ast.TableProperty])
    seen: dict[str, Span] = field(default_factory=dict[str, Span])


class TableParser(StatementParser):
    def action(self, annotations: tuple[ast.Annotation, ...]) -> ast.ActionDecl:
        start = self.expect("action").span
        name = self.name("an action's name")
        self.declare(name.text, False)
        with self.scope():
            params = self.parameters()
            body = self.block()
        return ast.ActionDecl(
            params, body, name=name.text, name_span=name.span, annotations=annotations, span=self.span_from(start)
        )

    def table(self, annotations: tuple[ast.Annotation, ...]) -> ast.TableDecl:
        start = self.expect("table").span
        name = self.name("a table's name")
        self.declare(name.text, False)
        self.expect("{")
        t = _Table()
        while not self.sees("}"):
            self._table_property(t)
        self.expect("}", "to close the table")
        return ast.TableDecl(
            tuple(t.key), tuple(t.actions), t.default, t.const_default,
            None if t.entries is None else tuple(t.entries), t.const_entries, tuple(t.properties),
            "actions" in t.seen, name=name.text, name_span=name.span, annotations=annotations,
            span=self.span_from(start),
        )  # fmt: skip

    def _table_property(self, t: _Table) -> None:
        annotations = self.annotations()
        start = self.token.span
        const = self.accept("const")
        name = self.name("a table property")
        if name.text in t.seen:
            self.reporter.report(
                Diagnostic(
                    "C0110", f"the table has the property {name.text!r} twice", name.span,
                    notes=(Label(t.seen[name.text], "first here"),), help="keep one of them",
                )
            )  # fmt: skip
        t.seen[name.text] = name.span
        self.expect("=", "after the property's name")
        match name.text:
            case "key":
                t.key = self._braced(self._key_element)
            case "actions":
                t.actions = self._braced(self._listed_action)
            case "default_action":
                t.default, t.const_default = self.action_ref(()), const
                self.expect(";", "after the default action")
            case "entries":
                t.entries, t.const_entries = self._braced(self._entry), const
            case other:
                value = self.expression()
                self.expect(";", "after the property")
                span = self.span_from(start)
                t.properties.append(ast.TableProperty(other, value, const, annotations, span=span))

    def _braced(self, item: Callable[[], T]) -> list[T]:
        found: list[T] = []
        self.expect("{", "after '='")
        while not self.sees("}"):
            found.append(item())
        self.expect("}", "to close the property")
        self.accept(";")
        return found

    def _key_element(self) -> ast.KeyElement:
        start = self.token.span
        expr = self.expression()
        self.expect(":", "between a key and its match kind")
        kind = self.name("a match kind (exact, lpm, ternary ...)")
        annotations = self.annotations()
        self.expect(";", "after the key")
        return ast.KeyElement(expr, kind.text, kind.span, annotations, span=self.span_from(start))

    def _listed_action(self) -> ast.ActionRef:
        ref = self.action_ref(self.annotations())
        self.expect(";", "after the action")
        return ref

    def action_ref(self, annotations: tuple[ast.Annotation, ...]) -> ast.ActionRef:
        start = self.token.span
        absolute = self.accept(".")
        name = self.name("an action")
        args = self.arguments() if self.sees("(") else ()
        return ast.ActionRef(name.text, args, annotations, absolute, span=self.span_from(start))

    def _entry(self) -> ast.TableEntry:
        start = self.token.span
        const = self.accept("const")
        priority = None
        if self.sees("priority") and self.sees_ahead(1, "="):
            self.at += 2
            priority = self.unary()
            self.expect(":", "after the priority")
        keys = self.keyset()
        self.expect(":", "between the keys and the action of an entry")
        action = self.action_ref(())
        annotations = self.annotations()
        self.expect(";", "after the entry")
        return ast.TableEntry(keys, action, priority, const, annotations, span=self.span_from(start))
