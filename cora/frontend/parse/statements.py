"""Statements, and the declarations that stand among them."""

from __future__ import annotations

from typing import Literal

from cora.frontend import ast
from cora.frontend.lexer import KEYWORDS
from cora.frontend.parse.base import SyntaxFailure, describe, join
from cora.frontend.parse.expressions import ExpressionParser

COMPOUND: dict[str, ast.BinaryOp] = {
    "+=": "+", "-=": "-", "*=": "*", "/=": "/", "%=": "%", "&=": "&", "|=": "|", "^=": "^", "<<=": "<<",
    "|+|=": "|+|", "|-|=": "|-|",
}  # fmt: skip


class StatementParser(ExpressionParser):
    def block(self, annotations: tuple[ast.Annotation, ...] = ()) -> ast.Block:
        start = self.expect("{").span
        with self.scope():
            statements = self.statements_until_brace()
        self.expect("}", "to close the block")
        return ast.Block(statements, annotations, span=self.span_from(start))

    def statements_until_brace(self) -> tuple[ast.Statement, ...]:
        found: list[ast.Statement] = []
        while not self.sees("}") and self.token.kind != "end":
            state = self.sees("state") and self.sees_name(1) and self.sees_ahead(2, "{")
            if state or self.sees("transition", "action", "table", "parser", "control"):
                # Never a statement: a closing brace is missing.
                break
            before = self.at
            depth, scopes = self.depth, len(self.scopes)
            try:
                found.append(self.statement())
            except SyntaxFailure:
                self.depth = depth
                del self.scopes[scopes:]
                self.skip_statement()
                if self.at == before and not self.sees("}"):
                    self.next()
        return tuple(found)

    def statement(self) -> ast.Statement:
        with self.nested():
            annotations = self.annotations()
            start = self.token.span
            match self.token.text if self.token.kind in ("name", "punct") else "":
                case "{":
                    return self.block(annotations)
                case ";":
                    self.next()
                    return ast.Empty(span=start)
                case "if":
                    return self._if()
                case "switch":
                    return self._switch()
                case "for":
                    return self._for(annotations)
                case "return":
                    return self._return()
                case "exit" | "break" | "continue" as word:
                    return self._jump(word)
                case "const":
                    return self.constant(annotations)
                case _:
                    return self._declaration_or_expression(annotations)

    def _jump(self, word: str) -> ast.Statement:
        start = self.next().span
        self.expect(";", f"after {word!r}")
        span = self.span_from(start)
        match word:
            case "exit":
                return ast.Exit(span=span)
            case "break":
                return ast.Break(span=span)
            case _:
                return ast.Continue(span=span)

    def _return(self) -> ast.Return:
        start = self.next().span
        value = None if self.sees(";") else self.expression()
        self.expect(";", "after 'return'")
        return ast.Return(value, span=self.span_from(start))

    def _if(self) -> ast.If:
        start = self.next().span
        self.expect("(", "after 'if'")
        cond = self.expression()
        self.expect(")", "after the condition")
        then = self.statement()
        orelse = self.statement() if self.accept("else") else None
        return ast.If(cond, then, orelse, span=self.span_from(start))

    def _switch(self) -> ast.Switch:
        start = self.next().span
        self.expect("(", "after 'switch'")
        subject = self.expression()
        self.expect(")", "after what 'switch' tests")
        self.expect("{")
        cases: list[ast.SwitchCase] = []
        while not self.sees("}"):
            cases.append(self._switch_case())
        self.expect("}", "to close the switch")
        return ast.Switch(subject, tuple(cases), span=self.span_from(start))

    def _switch_case(self) -> ast.SwitchCase:
        start = self.token.span
        label = ast.DontCare("default", span=self.next().span) if self.sees("default") else self.expression()
        self.expect(":", "after the label")
        body = self.block() if self.sees("{") else None
        return ast.SwitchCase(label, body, span=self.span_from(start))

    def _for(self, annotations: tuple[ast.Annotation, ...]) -> ast.Statement:
        start = self.next().span
        self.expect("(", "after 'for'")
        with self.scope():
            first: list[ast.Statement] = []
            while not self.sees(";"):
                inner = self.annotations()
                statement = self._simple(inner, in_for=True)
                if isinstance(statement, ast.VarDecl) and self.accept("in"):
                    return self._for_in(statement, start, annotations)
                first.append(statement)
                if not self.accept(","):
                    break
            self.expect(";", "after the first part of 'for'")
            cond = self.expression()
            self.expect(";", "after the condition of 'for'")
            update: list[ast.Statement] = []
            while not self.sees(")"):
                update.append(self._simple((), in_for=True))
                if not self.accept(","):
                    break
            self.expect(")", "after the last part of 'for'")
            body = self.statement()
        return ast.For(tuple(first), cond, tuple(update), body, annotations, span=self.span_from(start))

    def _for_in(self, var: ast.VarDecl, start: ast.Span, annotations: tuple[ast.Annotation, ...]) -> ast.ForIn:
        over = self.simple_keyset()
        self.expect(")", "after what 'for' goes over")
        body = self.statement()
        return ast.ForIn(var, over, body, annotations, span=self.span_from(start))

    # ---- declarations and expressions

    def _declaration_or_expression(self, annotations: tuple[ast.Annotation, ...]) -> ast.Statement:
        statement = self._simple(annotations)
        if not isinstance(statement, ast.Instantiation):
            self.expect(";", "at the end of the statement")
        return statement

    def sees_declaration(self) -> bool:
        """A known type, or two names in a row: then the first one is meant to be a type."""
        return self.sees_type() or (
            self.sees_name() and self.peek().kind == "name" and (self.sees_name(1) or self.peek().text not in KEYWORDS)
        )

    def _simple(self, annotations: tuple[ast.Annotation, ...], in_for: bool = False) -> ast.Statement:
        """A variable, an instantiation (with its `;`), an assignment or a call (without)."""
        if self.sees_declaration() and not self._sees_member_of_type():
            start = self.token.span
            ref = self.type_ref()
            if self.sees("(") and not in_for:
                return self.instantiation(ref, annotations, start)
            return self.variable(ref, annotations, start)
        return self._assignment_or_call()

    def _sees_member_of_type(self) -> bool:
        """`C.apply(..)` or `.C.apply(..)` with a type C."""
        at = 1 if self.sees(".") else 0
        return self.sees_name(at) and self.sees_ahead(at + 1, ".")

    def variable(self, ref: ast.TypeRef, annotations: tuple[ast.Annotation, ...], start: ast.Span) -> ast.VarDecl:
        """`name [= value]` behind its type; the caller sees to the `;`."""
        name = self.name("a variable's name")
        init = self.expression() if self.accept("=") else None
        self.declare(name.text, False)
        return ast.VarDecl(
            ref, init, name=name.text, name_span=name.span, annotations=annotations, span=self.span_from(start)
        )

    def constant(self, annotations: tuple[ast.Annotation, ...]) -> ast.ConstDecl:
        start = self.expect("const").span
        ref = self.type_ref()
        name = self.name("a constant's name")
        self.expect("=", "after the constant's name")
        init = self.expression()
        self.declare(name.text, False)
        self.expect(";", "after the constant")
        return ast.ConstDecl(
            ref, init, name=name.text, name_span=name.span, annotations=annotations, span=self.span_from(start)
        )

    def instantiation(
        self, ref: ast.TypeRef, annotations: tuple[ast.Annotation, ...], start: ast.Span
    ) -> ast.Instantiation:
        """`(args) name;` behind its type, with the `;`."""
        args = self.arguments()
        name = self.name("the instance's name")
        body = self._object_initialiser() if self.accept("=") else ()
        self.declare(name.text, False)
        self.expect(";", "after the instantiation")
        return ast.Instantiation(
            ref, args, body, name=name.text, name_span=name.span, annotations=annotations, span=self.span_from(start)
        )

    def _object_initialiser(self) -> tuple[ast.FunctionDecl | ast.Instantiation, ...]:
        self.expect("{")
        found: list[ast.FunctionDecl | ast.Instantiation] = []
        with self.scope():
            while not self.sees("}"):
                annotations = self.annotations()
                start = self.token.span
                ref = self.type_ref()
                if self.sees("("):
                    found.append(self.instantiation(ref, annotations, start))
                else:
                    found.append(self.function(ref, annotations, start))
        self.expect("}", "to close the object")
        return tuple(found)

    def function(
        self, result: ast.TypeRef, annotations: tuple[ast.Annotation, ...], start: ast.Span
    ) -> ast.FunctionDecl:
        """`name<T>(parameters) { }` behind its result type."""
        name = self.name("a function's name")
        self.declare(name.text, False)
        with self.scope():
            type_params = self.type_params()
            params = self.parameters()
            body = self.block()
        return ast.FunctionDecl(
            type_params, params, result, body, name=name.text, name_span=name.span, annotations=annotations,
            span=self.span_from(start),
        )  # fmt: skip

    def _assignment_or_call(self) -> ast.Statement:
        start = self.token.span
        if self.token.kind in ("int", "string") or self.token.text in KEYWORDS - {"error", "this", "list"}:
            self.fail(
                f"expected a statement, but here is {describe(self.token)}",
                help="write an assignment, a call, a declaration or a closing brace here",
            )
        target = self.unary()
        op = self._assignment_operator()
        if op is not None:
            value = self.expression()
            return ast.Assign(target, op, value, span=join(start, value.span))
        if isinstance(target, ast.Call):
            return ast.CallStmt(target, span=target.span)
        self.fail(
            f"expected '=' or a call, but here is {describe(self.token)}",
            help="a statement is an assignment (x = ...;), a call (f(...);) or a declaration (T x;)",
        )

    def _assignment_operator(self) -> ast.BinaryOp | Literal[""] | None:
        if self.accept("="):
            return ""
        if self.sees(">") and self.peek().glued and self.sees_ahead(1, ">="):
            self.at += 2
            return ">>"
        op = COMPOUND.get(self.token.text) if self.token.kind == "punct" else None
        if op is not None:
            self.at += 1
        return op
