"""p4c's declarations: types, externs, parsers, controls."""

from __future__ import annotations

from typing import Literal, TypedDict

from cora.diagnostics import Span
from cora.frontend import ast
from cora.frontend.p4c.nodes import JsonNode
from cora.frontend.p4c.tables import TableReader

_FIELDS: dict[str, Literal["struct", "header", "header_union"]] = {
    "Type_Struct": "struct",
    "Type_Header": "header",
    "Type_HeaderUnion": "header_union",
}


class _Common(TypedDict):
    name: str
    name_span: Span
    annotations: tuple[ast.Annotation, ...]
    span: Span


class DeclarationReader(TableReader):
    def program(self) -> ast.Program:
        objects = self.tree.items(self.tree.root, "objects")
        declarations = tuple(self.declaration(node) for node in objects)
        return ast.Program(declarations, span=self.tree.here)

    def _common(self, node: JsonNode, name: str | None = None) -> _Common:
        """What all declarations have; p4c's place of one is where its name stands."""
        span = self.tree.span(node)
        written = self.tree.text(node, "name") if name is None else name
        return {"name": written, "name_span": span, "annotations": self.annotations(node), "span": span}

    def declaration(self, node: JsonNode) -> ast.Declaration:
        tree = self.tree
        kind = tree.kind(node)
        match kind:
            case "Type_Struct" | "Type_Header" | "Type_HeaderUnion":
                fields = tuple(self._field(f) for f in tree.items(node, "fields"))
                return ast.FieldsDecl(_FIELDS[kind], self.type_params(node), fields, **self._common(node))
            case "Type_Enum" | "Type_SerEnum":
                below = tree.maybe(node, "type") if kind == "Type_SerEnum" else None
                underlying = None if below is None else self.type_ref(below)
                return ast.EnumDecl(underlying, self._members(node), **self._common(node))
            case "Type_Error":
                return ast.IdentsDecl(self._members(node), **self._common(node, "error"))
            case "Declaration_MatchKind":
                return ast.IdentsDecl(self._members(node), **self._common(node, "match_kind"))
            case "Type_Typedef" | "Type_Newtype":
                old = self.type_ref(tree.child(node, "type"))
                return ast.TypedefDecl(old, kind == "Type_Newtype", **self._common(node))
            case "Type_Extern":
                methods = tuple(self._method(m) for m in tree.items(node, "methods"))
                return ast.ExternDecl(self.type_params(node), methods, **self._common(node))
            case "Method":
                proto = self._method(node)
                return ast.ExternFunctionDecl(proto, **self._common(node))
            case "Function":
                return self.function(node)
            case "P4Action":
                return self.action(node)
            case "P4ValueSet":
                return self._value_set(node)
            case "Declaration_Constant" | "Declaration_Instance":
                found = self.local(node)
                assert not isinstance(found, ast.VarDecl)
                return found
            case _:
                return self._block_declaration(node)

    def _block_declaration(self, node: JsonNode) -> ast.Declaration:
        tree = self.tree
        match tree.kind(node):
            case "P4Parser":
                return self._parser(node)
            case "P4Control":
                return self._control(node)
            case "Type_Parser" | "Type_Control" as kind:
                block: Literal["parser", "control"] = "parser" if kind == "Type_Parser" else "control"
                params = self.parameters(node, "applyParams")
                return ast.BlockTypeDecl(block, self.type_params(node), params, **self._common(node))
            case "Type_Package":
                params = self.parameters(node, "constructorParams")
                return ast.PackageDecl(self.type_params(node), params, **self._common(node))
            case _:
                raise tree.unknown(node, "a declaration")

    # ---- parts of types

    def _field(self, node: JsonNode) -> ast.StructField:
        return ast.StructField(self.type_ref(self.tree.child(node, "type")), **self._common(node))

    def _members(self, node: JsonNode) -> tuple[ast.EnumMember, ...]:
        """Declaration_IDs, or with values the SerEnumMembers of an enum."""
        found: list[ast.EnumMember] = []
        for item in self.tree.items(node, "members"):
            value = self.tree.maybe(item, "value")
            found.append(ast.EnumMember(None if value is None else self.expression(value), **self._common(item)))
        return tuple(found)

    def _method(self, node: JsonNode) -> ast.MethodDecl:
        signature = self.tree.child(node, "type")
        result = self.tree.maybe(signature, "returnType")
        return ast.MethodDecl(
            self.type_params(signature), self.parameters(signature, "parameters"),
            None if result is None else self.type_ref(result), self.tree.flag(node, "isAbstract"),
            **self._common(node),
        )  # fmt: skip

    def _value_set(self, node: JsonNode) -> ast.ValueSetDecl:
        kind = self.type_ref(self.tree.child(node, "elementType"))
        return ast.ValueSetDecl(kind, self._part(node, "size"), **self._common(node))

    # ---- parsers and controls

    def _parser(self, node: JsonNode) -> ast.ParserDecl:
        tree, signature = self.tree, self.tree.child(node, "type")
        type_params, params = self.type_params(signature), self.parameters(signature, "applyParams")
        constructor = self.parameters(node, "constructorParams")
        local = tuple(self._parser_local(item) for item in tree.items(node, "parserLocals"))
        states = tree.items(node, "states")
        # `accept` and `reject` are written out once p4c has type-checked; here they have no declaration.
        own = tuple(self._state(s) for s in states if s.get("name") not in ("accept", "reject"))
        return ast.ParserDecl(type_params, params, constructor, local, own, **self._common(signature | node))

    def _parser_local(self, node: JsonNode) -> ast.ParserLocal:
        return self._value_set(node) if self.tree.kind(node) == "P4ValueSet" else self.local(node)

    def _state(self, node: JsonNode) -> ast.ParserState:
        statements = self.statements(node, "components")
        after = self.tree.maybe(node, "selectExpression")
        return ast.ParserState(statements, None if after is None else self._transition(after), **self._common(node))

    def _transition(self, node: JsonNode) -> ast.Goto | ast.SelectTransition:
        tree, span = self.tree, self.tree.span(node)
        if tree.kind(node) == "PathExpression":
            return ast.Goto(tree.text(tree.child(node, "path"), "name"), span=span)
        if tree.kind(node) != "SelectExpression":
            raise tree.unknown(node, "a transition")
        subject = tree.child(node, "select")
        exprs = tuple(self.expression(item) for item in tree.items(subject, "components"))
        cases: list[ast.SelectCase] = []
        for case in tree.items(node, "selectCases"):
            state = tree.child(case, "state")
            keys = self.keyset(tree.child(case, "keyset"))
            name = tree.text(tree.child(state, "path"), "name")
            cases.append(ast.SelectCase(keys, name, tree.span(state), span=tree.span(case)))
        return ast.SelectTransition(exprs, tuple(cases), span=span)

    def _control(self, node: JsonNode) -> ast.ControlDecl:
        tree, signature = self.tree, self.tree.child(node, "type")
        type_params, params = self.type_params(signature), self.parameters(signature, "applyParams")
        constructor = self.parameters(node, "constructorParams")
        local = tuple(self._control_local(item) for item in tree.items(node, "controlLocals"))
        body = self.block(tree.child(node, "body"))
        return ast.ControlDecl(type_params, params, constructor, local, body, **self._common(signature | node))

    def _control_local(self, node: JsonNode) -> ast.ControlLocal:
        match self.tree.kind(node):
            case "P4Action":
                return self.action(node)
            case "P4Table":
                return self.table(node)
            case "Function":
                return self.function(node)
            case _:
                return self.local(node)
