"""p4c's tables and actions."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from cora.frontend import ast
from cora.frontend.p4c.nodes import JsonNode
from cora.frontend.p4c.statements import StatementReader
from cora.frontend.print_expressions import expr_text


@dataclass
class _Table:
    """A table's parts while its properties are read."""

    key: tuple[ast.KeyElement, ...] = ()
    actions: tuple[ast.ActionRef, ...] = ()
    default: ast.ActionRef | None = None
    const_default: bool = False
    entries: tuple[ast.TableEntry, ...] | None = None
    const_entries: bool = False
    rest: list[ast.TableProperty] = field(default_factory=list[ast.TableProperty])


class TableReader(StatementReader):
    def action(self, node: JsonNode) -> ast.ActionDecl:
        tree, span = self.tree, self.tree.span(node)
        params, body = self.parameters(node, "parameters"), self.block(tree.child(node, "body"))
        name, annotations = tree.text(node, "name"), self.annotations(node)
        return ast.ActionDecl(params, body, name=name, name_span=span, annotations=annotations, span=span)

    def table(self, node: JsonNode) -> ast.TableDecl:
        tree, span = self.tree, self.tree.span(node)
        annotations = self.annotations(node)
        found = _Table()
        for item in tree.items(tree.child(node, "properties"), "properties"):
            self._property(found, item)
        return ast.TableDecl(
            found.key, found.actions, found.default, found.const_default, found.entries, found.const_entries,
            tuple(found.rest), name=tree.text(node, "name"), name_span=span, annotations=annotations, span=span,
        )  # fmt: skip

    def _property(self, table: _Table, node: JsonNode) -> None:
        tree, span = self.tree, self.tree.span(node)
        name, value, const = tree.text(node, "name"), tree.child(node, "value"), tree.flag(node, "isConstant")
        match tree.kind(value):
            case "Key":
                table.key = tuple(self._key(item) for item in tree.items(value, "keyElements"))
            case "ActionList":
                table.actions = tuple(self._listed(item) for item in tree.items(value, "actionList"))
            case "EntriesList":
                table.entries = tuple(self._entry(item) for item in tree.items(value, "entries"))
                table.const_entries = const
            case "ExpressionValue" if name == "default_action":
                table.default, table.const_default = self._action_ref(tree.child(value, "expression")), const
            case "ExpressionValue":
                expr = self._part(value, "expression")
                table.rest.append(ast.TableProperty(name, expr, const, self.annotations(node), span=span))
            case "ExpressionListValue":
                items = tuple(self.expression(item) for item in tree.items(value, "expressions"))
                expr = ast.ListExpr(items, span=span)
                table.rest.append(ast.TableProperty(name, expr, const, self.annotations(node), span=span))
            case _:
                raise tree.unknown(value, f"the value of the table property {name!r}")

    def _key(self, node: JsonNode) -> ast.KeyElement:
        """p4c's places aren't exact enough to read the name of a key from the source: it is given by `@name`."""
        tree, span = self.tree, self.tree.span(node)
        expr = self._part(node, "expression")
        kind = tree.child(node, "matchType")
        match_kind, match_span = tree.text(tree.child(kind, "path"), "name"), tree.span(kind)
        annotations = self.annotations(node)
        name = _key_name(expr)
        if name and all(a.name != "name" for a in annotations):
            annotations = (*annotations, ast.Annotation("name", f'"{name}"', (name,), "(", span=span))
        return ast.KeyElement(expr, match_kind, match_span, annotations, span=span)

    def _listed(self, node: JsonNode) -> ast.ActionRef:
        annotations = self.annotations(node)
        return replace(self._action_ref(self.tree.child(node, "expression")), annotations=annotations)

    def _action_ref(self, node: JsonNode) -> ast.ActionRef:
        span = self.tree.span(node)
        expr = self.expression(node)
        args: tuple[ast.Arg, ...] = ()
        if isinstance(expr, ast.Call):
            expr, args = expr.func, expr.args
        if not isinstance(expr, ast.Name):
            raise self.tree.unknown(node, "an action")
        return ast.ActionRef(expr.name, args, absolute=expr.absolute, span=span)

    def _entry(self, node: JsonNode) -> ast.TableEntry:
        tree, span = self.tree, self.tree.span(node)
        keys, action = self.keyset(tree.child(node, "keys")), self._action_ref(tree.child(node, "action"))
        priority = tree.maybe(node, "priority")
        return ast.TableEntry(
            keys, action, None if priority is None else self.expression(priority), tree.flag(node, "isConst"),
            self.annotations(node), span=span,
        )  # fmt: skip


def _key_name(expr: ast.Expr) -> str:
    """As `cora.lower` names a key without `@name`: what is written, if that is a name; empty for other expressions."""
    match expr:
        case ast.Name() | ast.Select():
            return "".join(expr_text(expr).split())
        case ast.Call(func=ast.Select(base=base, name="isValid")):
            return "".join(expr_text(base).split()) + ".$valid$"
        case _:
            return ""
