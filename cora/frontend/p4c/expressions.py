"""p4c's expressions."""

from __future__ import annotations

from dataclasses import replace

from cora.frontend import ast
from cora.frontend.p4c.nodes import JsonNode
from cora.frontend.p4c.types import TypeReader

BINARY: dict[str, ast.BinaryOp] = {
    "Mul": "*", "Div": "/", "Mod": "%", "Add": "+", "Sub": "-", "AddSat": "|+|", "SubSat": "|-|", "Shl": "<<",
    "Shr": ">>", "Concat": "++", "BAnd": "&", "BXor": "^", "BOr": "|", "Equ": "==", "Neq": "!=", "Lss": "<",
    "Leq": "<=", "Grt": ">", "Geq": ">=", "LAnd": "&&", "LOr": "||",
}  # fmt: skip
UNARY: dict[str, ast.UnaryOp] = {"Neg": "-", "UPlus": "+", "Cmpl": "~", "LNot": "!"}


class ExpressionReader(TypeReader):
    def expression(self, node: JsonNode) -> ast.Expr:
        tree = self.tree
        kind = tree.kind(node)
        if kind in BINARY:
            left, right = self._two(node)
            if kind == "Add" and isinstance(right, ast.IntLit):
                return self._sum(left, right)
            return ast.Binary(BINARY[kind], left, right, span=left.span)
        if kind in UNARY:
            span = tree.span(node)
            return ast.Unary(UNARY[kind], self._part(node, "expr"), span=span)
        return self._literal(node, kind) or self._reference(node, kind) or self._composed(node, kind)

    def _part(self, node: JsonNode, field: str) -> ast.Expr:
        return self.expression(self.tree.child(node, field))

    def _two(self, node: JsonNode) -> tuple[ast.Expr, ast.Expr]:
        return self._part(node, "left"), self._part(node, "right")

    def _sum(self, left: ast.Expr, right: ast.IntLit) -> ast.Expr:
        """p4c turns `x - 1` into `x + 255`; the place of the number still shows what was written."""
        text = right.span.source.text[right.span.start : right.span.end]
        if right.width is not None and text.isdecimal() and text.isascii():
            taken = int(text)
            if taken != right.number and (taken + right.number) % (1 << right.width) == 0:
                return ast.Binary("-", left, replace(right, number=taken), span=left.span)
        return ast.Binary("+", left, right, span=left.span)

    def _literal(self, node: JsonNode, kind: str) -> ast.Expr | None:
        tree, span = self.tree, self.tree.span(node)
        match kind:
            case "Constant":
                return self._number(node)
            case "BoolLiteral":
                return ast.BoolLit(tree.flag(node, "value"), span=span)
            case "StringLiteral":
                return ast.StringLit(tree.text(node, "value"), span=span)
            case "DefaultExpression":
                return ast.DontCare("_", span=span)
            case "Dots":
                return ast.DefaultExpr(span=span)
            case "This":
                return ast.This(span=span)
            case "InvalidHeader" | "Invalid":
                header = tree.maybe(node, "headerType") or tree.maybe(node, "headerUnionType")
                invalid = ast.InvalidHeader(span=span)
                return invalid if header is None else ast.Cast(self.type_ref(header), invalid, span=span)
            case _:
                return None

    def _number(self, node: JsonNode) -> ast.Expr:
        tree, span = self.tree, self.tree.span(node)
        number, kind = tree.number(node, "value"), tree.maybe(node, "type")
        width, signed = None, False
        if kind is not None and tree.kind(kind) == "Type_Bits" and tree.maybe(kind, "expression") is None:
            width, signed = tree.number(kind, "size"), tree.flag(kind, "isSigned")
        base = node.get("base")
        literal = ast.IntLit(abs(number), width, signed, base if base in (2, 8, 10, 16) else 10, span=span)
        return literal if number >= 0 else ast.Unary("-", literal, span=span)

    def _reference(self, node: JsonNode, kind: str) -> ast.Expr | None:
        tree, span = self.tree, self.tree.span(node)
        match kind:
            case "PathExpression":
                path = tree.child(node, "path")
                return ast.Name(tree.text(path, "name"), tree.flag(path, "absolute"), span=span)
            case "TypeNameExpression":
                return ast.TypeExpr(self.type_ref(tree.child(node, "typeName")), span=span)
            case "Member":
                base = self._part(node, "expr")
                return ast.Select(base, tree.text(node, "member"), tree.span(node), span=tree.span(node))
            case "ArrayIndex":
                base, index = self._two(node)
                return ast.Index(base, index, span=span)
            case "Slice":
                hi, lo = self._part(node, "e1"), self._part(node, "e2")
                return ast.SliceExpr(self._part(node, "e0"), hi, lo, span=span)
            case "PlusSlice":
                lo, width = self._part(node, "e1"), self._part(node, "e2")
                end = ast.Binary("+", lo, width, span=span)
                hi = ast.Binary("-", end, ast.IntLit(1, span=span), span=span)
                return ast.SliceExpr(self._part(node, "e0"), hi, lo, width, span=span)
            case _:
                return None

    def _composed(self, node: JsonNode, kind: str) -> ast.Expr:
        tree, span = self.tree, self.tree.span(node)
        match kind:
            case "Mux":
                cond, then = self._part(node, "e0"), self._part(node, "e1")
                return ast.Ternary(cond, then, self._part(node, "e2"), span=span)
            case "Cast":
                return ast.Cast(self.type_ref(tree.child(node, "destType")), self._part(node, "expr"), span=span)
            case "MethodCallExpression":
                return self.call(node)
            case "ConstructorCallExpression":
                made = self.type_ref(tree.child(node, "constructedType"))
                return ast.Call(ast.TypeExpr(made, span=span), (), self.arguments(node), span=span)
            case "ListExpression" | "P4ListExpression" | "HeaderStackExpression":
                return self._list(node)
            case "StructExpression":
                return self._struct(node)
            case "Range":
                lo, hi = self._two(node)
                return ast.Range(lo, hi, span=span)
            case "Mask":
                number, mask = self._two(node)
                return ast.Mask(number, mask, span=span)
            case _:
                raise tree.unknown(node, "an expression")

    def call(self, node: JsonNode) -> ast.Call:
        func = self._part(node, "method")
        return ast.Call(func, self.type_refs(node, "typeArguments"), self.arguments(node), span=self.tree.span(node))

    def arguments(self, node: JsonNode) -> tuple[ast.Arg, ...]:
        return tuple(self._argument(item) for item in self.tree.items(node, "arguments"))

    def _argument(self, node: JsonNode) -> ast.Arg:
        span, name = self.tree.span(node), node.get("name")
        value = self._part(node, "expression")
        given = None if isinstance(value, ast.DontCare) else value
        return ast.Arg(name if isinstance(name, str) else "", given, span=span)

    def _list(self, node: JsonNode) -> ast.Expr:
        span = self.tree.span(node)
        return ast.ListExpr(tuple(self.expression(item) for item in self.tree.items(node, "components")), span=span)

    def _struct(self, node: JsonNode) -> ast.Expr:
        """p4c drops the cast that gave a structure its type and keeps the type's name in the node."""
        tree, span = self.tree, self.tree.span(node)
        fields: list[ast.NamedField] = []
        rest = False
        for item in tree.items(node, "components"):
            if tree.kind(item) == "NamedDots":
                rest = True
                continue
            value = self._part(item, "expression")
            fields.append(ast.NamedField(tree.text(item, "name"), value, span=value.span))
        literal = ast.StructExpr(tuple(fields), rest, span=span)
        named = tree.maybe(node, "structType")
        return literal if named is None else ast.Cast(self.type_ref(named), literal, span=span)

    # ---- sets of values

    def keyset(self, node: JsonNode) -> tuple[ast.Expr, ...]:
        """One expression a part; a lone `default` or `_` stands for any number of parts."""
        if self.tree.kind(node) == "ListExpression":
            return tuple(self.expression(item) for item in self.tree.items(node, "components"))
        found = self.expression(node)
        return (replace(found, keyword="default") if isinstance(found, ast.DontCare) else found,)
