"""p4c's statements, and the declarations that stand among them."""

from __future__ import annotations

from cora.frontend import ast
from cora.frontend.p4c.expressions import BINARY, ExpressionReader
from cora.frontend.p4c.nodes import JsonNode


class StatementReader(ExpressionReader):
    def statements(self, node: JsonNode, field: str) -> tuple[ast.Statement, ...]:
        return tuple(self.statement(item) for item in self.tree.items(node, field))

    def block(self, node: JsonNode) -> ast.Block:
        """A BlockStatement; any other statement becomes a block of one."""
        span = self.tree.span(node)
        if self.tree.kind(node) != "BlockStatement":
            return ast.Block((self.statement(node),), span=span)
        return ast.Block(self.statements(node, "components"), self.annotations(node), span=span)

    def statement(self, node: JsonNode) -> ast.Statement:
        tree, span = self.tree, self.tree.span(node)
        kind = tree.kind(node)
        if kind == "AssignmentStatement" or kind.removesuffix("Assign") in BINARY:
            op = "" if kind == "AssignmentStatement" else BINARY[kind.removesuffix("Assign")]
            target, value = self._two(node)
            return ast.Assign(target, op, value, span=span)
        match kind:
            case "MethodCallStatement":
                return ast.CallStmt(self.call(tree.child(node, "methodCall")), span=span)
            case "BlockStatement":
                return self.block(node)
            case "IfStatement":
                cond, then = self._part(node, "condition"), self._branch(node, "ifTrue")
                return ast.If(cond, then or ast.Empty(span=span), self._branch(node, "ifFalse"), span=span)
            case "EmptyStatement":
                return ast.Empty(span=span)
            case "ExitStatement":
                return ast.Exit(span=span)
            case "ReturnStatement":
                value = tree.maybe(node, "expression")
                return ast.Return(None if value is None else self.expression(value), span=span)
            case "BreakStatement":
                return ast.Break(span=span)
            case "ContinueStatement":
                return ast.Continue(span=span)
            case "SwitchStatement":
                subject = self._part(node, "expression")
                return ast.Switch(subject, tuple(self._case(c) for c in tree.items(node, "cases")), span=span)
            case "ForStatement" | "ForInStatement":
                return self._loop(node, kind)
            case _:
                return self.local(node)

    def _branch(self, node: JsonNode, field: str) -> ast.Statement | None:
        found = self.tree.maybe(node, field)
        return None if found is None else self.statement(found)

    def _case(self, node: JsonNode) -> ast.SwitchCase:
        span = self.tree.span(node)
        label = self._part(node, "label")
        if isinstance(label, ast.DontCare):
            label = ast.DontCare("default", span=label.span)
        body = self.tree.maybe(node, "statement")
        return ast.SwitchCase(label, None if body is None else self.block(body), span=span)

    def _loop(self, node: JsonNode, kind: str) -> ast.Statement:
        tree, span = self.tree, self.tree.span(node)
        annotations = self.annotations(node)
        if kind == "ForStatement":
            init, cond = self.statements(node, "init"), self._part(node, "condition")
            update, body = self.statements(node, "updates"), self.statement(tree.child(node, "body"))
            return ast.For(init, cond, update, body, annotations, span=span)
        var = self._loop_variable(node)
        return ast.ForIn(
            var, self._part(node, "collection"), self.statement(tree.child(node, "body")), annotations, span=span
        )

    def _loop_variable(self, node: JsonNode) -> ast.VarDecl:
        """Its declaration, or once p4c has moved that out of the loop a reference to it."""
        tree, span = self.tree, self.tree.span(node)
        declared = tree.maybe(node, "decl")
        if declared is not None:
            found = self.local(declared)
            if isinstance(found, ast.VarDecl):
                return found
            raise tree.unknown(declared, "the variable of a loop")
        name = tree.text(tree.child(tree.child(node, "ref"), "path"), "name")
        if name not in self.variable_types:
            raise tree.unknown(node, "a loop over a variable that is declared")
        return ast.VarDecl(self.variable_types[name], name=name, name_span=span, span=span)

    # ---- declarations

    def local(self, node: JsonNode) -> ast.VarDecl | ast.ConstDecl | ast.Instantiation:
        tree, span = self.tree, self.tree.span(node)
        match tree.kind(node):
            case "Declaration_Variable":
                init = tree.maybe(node, "initializer")
                value = None if init is None else self.expression(init)
                self.variable_types[tree.text(node, "name")] = ref = self.type_ref(tree.child(node, "type"))
                return ast.VarDecl(
                    ref, value, name=tree.text(node, "name"), name_span=span,
                    annotations=self.annotations(node), span=span,
                )  # fmt: skip
            case "Declaration_Constant":
                return ast.ConstDecl(
                    self.type_ref(tree.child(node, "type")), self._part(node, "initializer"),
                    name=tree.text(node, "name"), name_span=span, annotations=self.annotations(node), span=span,
                )  # fmt: skip
            case "Declaration_Instance":
                return self.instance(node)
            case _:
                raise tree.unknown(node, "a statement or declaration")

    def instance(self, node: JsonNode) -> ast.Instantiation:
        tree, span = self.tree, self.tree.span(node)
        body = tree.maybe(node, "initializer")
        return ast.Instantiation(
            self.type_ref(tree.child(node, "type")), self.arguments(node),
            () if body is None else tuple(self._member(item) for item in tree.items(body, "components")),
            name=tree.text(node, "name"), name_span=span, annotations=self.annotations(node), span=span,
        )  # fmt: skip

    def _member(self, node: JsonNode) -> ast.FunctionDecl | ast.Instantiation:
        return self.function(node) if self.tree.kind(node) == "Function" else self.instance(node)

    def function(self, node: JsonNode) -> ast.FunctionDecl:
        tree, span = self.tree, self.tree.span(node)
        signature = tree.child(node, "type")
        return ast.FunctionDecl(
            self.type_params(signature), self.parameters(signature, "parameters"),
            self.type_ref(tree.child(signature, "returnType")), self.block(tree.child(node, "body")),
            name=tree.text(node, "name"), name_span=span, annotations=self.annotations(node), span=span,
        )  # fmt: skip
