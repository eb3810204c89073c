"""p4c's types, parameters and annotations."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, cast

from cora.frontend import ast
from cora.frontend.p4c.nodes import JsonNode, Tree

_NAMED = frozenset({
    "Type_Struct", "Type_Header", "Type_HeaderUnion", "Type_Enum", "Type_SerEnum", "Type_Extern", "Type_Typedef",
    "Type_Newtype", "Type_Parser", "Type_Control", "Type_Package", "Type_Var", "Type_InfIntVar",
})  # fmt: skip
"""Declarations that p4c puts where a type's name stood, once it knows what the name means."""


class TypeReader(ABC):
    """Types. The class that reads whole programs inherits from this one and those that read the other parts."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.variable_types: dict[str, ast.TypeRef] = {}
        """Of the variables that were read so far, for loops over them."""

    @abstractmethod
    def expression(self, node: JsonNode) -> ast.Expr: ...

    def type_ref(self, node: JsonNode) -> ast.TypeRef:
        tree, span = self.tree, self.tree.span(node)
        match tree.kind(node):
            case "Type_Bits" | "Type_Varbits" as kind:
                signed = kind == "Type_Bits" and tree.flag(node, "isSigned")
                written = "varbit" if kind == "Type_Varbits" else "int" if signed else "bit"
                return ast.BitsRef(written, self._width(node), span=span)
            case "Type_Boolean":
                return ast.BaseTypeRef("bool", span=span)
            case "Type_String":
                return ast.BaseTypeRef("string", span=span)
            case "Type_InfInt":
                return ast.BaseTypeRef("int", span=span)
            case "Type_Void":
                return ast.BaseTypeRef("void", span=span)
            case "Type_Error":
                return ast.BaseTypeRef("error", span=span)
            case "Type_MatchKind":
                return ast.BaseTypeRef("match_kind", span=span)
            case "Type_Dontcare":
                return ast.AnyTypeRef(span=span)
            case "Type_Name":
                return self._named(tree.child(node, "path"))
            case "Type_Specialized":
                return self._specialized(node)
            case "Type_Stack":
                element = self.type_ref(tree.child(node, "elementType"))
                return ast.StackRef(element, self.expression(tree.child(node, "size")), span=span)
            case "Type_List":
                return ast.TupleRef("tuple", self.type_refs(node, "components"), span=span)
            case "Type_P4List":
                return ast.TupleRef("list", (self.type_ref(tree.child(node, "elementType")),), span=span)
            case kind if kind in _NAMED:
                return ast.NamedTypeRef(tree.text(node, "name"), span=span)
            case _:
                raise tree.unknown(node, "a type")

    def type_refs(self, node: JsonNode, field: str) -> tuple[ast.TypeRef, ...]:
        return tuple(self.type_ref(item) for item in self.tree.items(node, field))

    def _width(self, node: JsonNode) -> ast.Expr:
        """p4c keeps a width that isn't a literal as `expression` until it has computed it."""
        expr = self.tree.maybe(node, "expression")
        if expr is not None:
            return self.expression(expr)
        return ast.IntLit(self.tree.number(node, "size"), span=self.tree.span(node))

    def _named(self, path: JsonNode) -> ast.TypeRef:
        name, span = self.tree.text(path, "name"), self.tree.span(path)
        if name == "error":
            return ast.BaseTypeRef("error", span=span)
        return ast.NamedTypeRef(name, absolute=self.tree.flag(path, "absolute"), span=span)

    def _specialized(self, node: JsonNode) -> ast.TypeRef:
        span = self.tree.span(node)
        base = self.type_ref(self.tree.child(node, "baseType"))
        if not isinstance(base, ast.NamedTypeRef):
            raise self.tree.unknown(node, "a type with arguments")
        return ast.NamedTypeRef(base.name, self.type_refs(node, "arguments"), base.absolute, span=span)

    # ---- parameters

    def type_params(self, node: JsonNode) -> tuple[ast.TypeParam, ...]:
        params = self.tree.maybe(node, "typeParameters")
        found = [] if params is None else self.tree.items(params, "parameters")
        return tuple(
            ast.TypeParam(name=self.tree.text(p, "name"), name_span=self.tree.span(p), span=self.tree.span(p))
            for p in found
        )

    def parameters(self, node: JsonNode, field: str) -> tuple[ast.Parameter, ...]:
        """Of a ParameterList in `field`; without it there are none."""
        params = self.tree.maybe(node, field)
        return () if params is None else tuple(self._parameter(p) for p in self.tree.items(params, "parameters"))

    def _parameter(self, node: JsonNode) -> ast.Parameter:
        tree, span = self.tree, self.tree.span(node)
        direction = node.get("direction") or ""
        if direction not in ("", "in", "out", "inout"):
            tree.malformed(node, "direction")
        default = tree.maybe(node, "defaultValue")
        return ast.Parameter(
            direction, self.type_ref(tree.child(node, "type")),
            None if default is None else self.expression(default),
            name=tree.text(node, "name"), name_span=span, annotations=self.annotations(node), span=span,
        )  # fmt: skip

    # ---- annotations

    def annotations(self, node: JsonNode) -> tuple[ast.Annotation, ...]:
        return tuple(self._annotation(a) for a in self.tree.items(node, "annotations"))

    def _annotation(self, node: JsonNode) -> ast.Annotation:
        """The body is the tokens as written or, once p4c has parsed it, expressions or key = value pairs. Versions
        differ in how they wrap it."""
        tree, span = self.tree, self.tree.span(node)
        body: Any = node.get("body")
        holder: JsonNode = {"body": body, "expr": node.get("expr"), "kv": node.get("kv")}
        if isinstance(body, dict) and "variant_index" in body:
            holder = {"body": cast(JsonNode, body).get("value")}
        items = [item for field in ("body", "expr", "kv") for item in tree.items(holder, field)]
        words: list[str] = []
        strings: list[str] = []
        for item in items:
            word, text = self._annotation_word(item)
            words.append(word)
            if text is not None:
                strings.append(text)
        brackets = "[" if tree.flag(node, "structured") else "(" if items else ""
        joint = " " if all(tree.kind(item) == "AnnotationToken" for item in items) else " , "
        return ast.Annotation(tree.text(node, "name"), joint.join(words), tuple(strings), brackets, span=span)

    def _annotation_word(self, node: JsonNode) -> tuple[str, str | None]:
        """As it is written, and the string that it is, if it is one."""
        from cora.frontend.print_expressions import expr_text, string_text

        tree = self.tree
        match tree.kind(node):
            case "AnnotationToken":
                text = tree.text(node, "text")
                return (string_text(text), text) if self._is_string(node) else (text, None)
            case "StringLiteral":
                text = tree.text(node, "value")
                return string_text(text), text
            case "NamedExpression":
                word, text = self._annotation_word(tree.child(node, "expression"))
                return f"{tree.text(node, 'name')} = {word}", text
            case _:
                return expr_text(self.expression(node)), None

    def _is_string(self, token: JsonNode) -> bool:
        """Tokens are kept without their quotes, and the numbers of their kinds change between versions: a string is
        what is neither a number, a name nor punctuation, or what has quotes where it stands in the source."""
        text = self.tree.text(token, "text")
        info = token.get("Source_Info")
        if isinstance(info, dict):
            span = self.tree.span(token)
            if span.source.text[span.start : span.start + 1] == '"':
                return True
            if span.source.text.startswith(text, span.start):
                return False
        return bool(text) and not text.isidentifier() and any(c.isalpha() for c in text) and not text[0].isdigit()
