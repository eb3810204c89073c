"""Type references, annotations, parameters and type parameters."""

from __future__ import annotations

from cora.diagnostics import Diagnostic
from cora.frontend import ast
from cora.frontend.lexer import Token
from cora.frontend.parse.base import ParserBase
from cora.frontend.types import Direction

BASE_TYPES = ("bool", "error", "match_kind", "string", "void")
_WITHOUT_BODY = ("hidden", "tableonly", "defaultonly", "optional")
TYPE_KEYWORDS = (*BASE_TYPES, "bit", "int", "varbit", "tuple", "list")


def string_value(token: Token) -> str:
    """The text of a string literal, without quotes and escapes."""
    out: list[str] = []
    chars = iter(token.text[1:-1])
    for c in chars:
        if c == "\\":
            c = next(chars, "")
            c = {"n": "\n", "t": "\t", "r": "\r"}.get(c, c)
        out.append(c)
    return "".join(out)


def _parts(body: list[Token]) -> list[list[Token]]:
    """The tokens between the commas of an annotation's body that aren't within brackets."""
    parts: list[list[Token]] = [[]]
    level = 0
    for token in body:
        level += (token.text in "([{") - (token.text in ")]}") if token.kind == "punct" else 0
        if token.text == "," and token.kind == "punct" and level == 0:
            parts.append([])
        else:
            parts[-1].append(token)
    return [p for p in parts if p]


class TypeParser(ParserBase):
    def sees_type(self) -> bool:
        """Whether a type reference begins here, as far as names are declared."""
        if self.sees(*TYPE_KEYWORDS):
            return True
        if self.sees("."):
            return self.sees_name(1) and self.scopes[0].get(self.peek().text, False)
        return self.sees_name() and self.is_type(self.token.text)

    def type_ref(self) -> ast.TypeRef:
        with self.nested():
            start = self.token.span
            ref = self._type_without_stack()
            while self.sees("["):
                self.next()
                size = self.expression()
                self.expect("]", "after the size of a stack")
                ref = ast.StackRef(ref, size, span=self.span_from(start))
            return ref

    def _type_without_stack(self) -> ast.TypeRef:
        start = self.token.span
        text = self.token.text
        match text:
            case "bool" | "error" | "match_kind" | "string" | "void":
                self.next()
                return ast.BaseTypeRef(text, span=start)
            case "bit" | "int" | "varbit":
                return self._bits(text)
            case "tuple" | "list":
                self.next()
                args = self.type_args()
                return ast.TupleRef(text, args, span=self.span_from(start))
            case "_":
                self.next()
                return ast.AnyTypeRef(span=start)
            case _:
                return self._named_type()

    def _bits(self, kind: str) -> ast.TypeRef:
        start = self.next().span
        if not self.accept("<"):
            if kind == "int":
                return ast.BaseTypeRef("int", span=start)
            if kind == "varbit":
                self.fail("varbit needs its largest width", help="write varbit<(N)> with N in bits", span=start)
            return ast.BitsRef("bit", None, span=start)
        width = self._width()
        self.close_angle()
        name = "bit" if kind == "bit" else "int" if kind == "int" else "varbit"
        return ast.BitsRef(name, width, span=self.span_from(start))

    def _width(self) -> ast.Expr:
        if self.sees_name():
            self.fail(
                f"the width {self.token.text!r} needs parentheses",
                help=f"write <({self.token.text})>: P4 takes a number or an expression in parentheses",
            )
        if self.token.kind != "int" and not self.sees("("):
            self.fail(f"expected a width, but here is {self.token.text!r}", help="write a number of bits, as in bit<8>")
        return self.primary()

    def primary(self) -> ast.Expr:
        raise NotImplementedError

    def close_angle(self) -> None:
        """The `>` of a type argument list."""
        self.expect(">", "after type arguments")

    def _named_type(self) -> ast.TypeRef:
        start = self.token.span
        absolute = self.accept(".")
        name = self.name("a type")
        args = self.type_args() if self.sees("<") else ()
        return ast.NamedTypeRef(name.text, args, absolute, span=self.span_from(start))

    def type_args(self) -> tuple[ast.TypeRef, ...]:
        self.expect("<")
        args: list[ast.TypeRef] = []
        while not self.sees(">"):
            args.append(self.type_ref())
            if not self.accept(","):
                break
        self.close_angle()
        return tuple(args)

    # ---- annotations

    def annotations(self) -> tuple[ast.Annotation, ...]:
        found: list[ast.Annotation] = []
        while self.sees("@"):
            start = self.next().span
            name = self.next()
            if name.kind != "name":
                self.fail("an annotation needs a name", help='write it as in @name("x")', span=name.span)
            closing = {"(": ")", "[": "]"}.get(self.token.text if self.token.kind == "punct" else "")
            body: list[Token] = []
            brackets = "" if closing is None else "(" if closing == ")" else "["
            if closing is not None:
                body = self._annotation_body(closing)
            elif name.text == "pragma":
                # `@pragma words` goes to the end of the line (P4-14's way); it is printed in parentheses.
                body, brackets = self._rest_of_line(name.span), "("
            strings = tuple(string_value(t) for t in body if t.kind == "string")
            text = " ".join(t.text for t in body)
            found.append(ast.Annotation(name.text, text, strings, brackets, span=self.span_from(start)))
            self._check_annotation(found[-1], body)
        return tuple(found)

    def _check_annotation(self, a: ast.Annotation, body: list[Token]) -> None:
        """Reports C0246 for a body that the annotation doesn't have (specification 20)."""
        if a.name == "name" and [t.kind for t in body] != ["string"]:
            self._wrong_annotation(a, "@name needs one string", 'write @name("x")')
        elif a.name in _WITHOUT_BODY and a.brackets:
            self._wrong_annotation(a, f"@{a.name} has a body", f"write @{a.name}")
        elif a.brackets == "[":
            parts = _parts(body)
            keys = [p[0].text for p in parts if len(p) > 1 and p[1].text == "="]
            if keys and len(keys) != len(parts):
                self._wrong_annotation(a, "some parts of the annotation have keys, and some don't", "name all or none")
            twice = next((k for i, k in enumerate(keys) if k in keys[:i]), None)
            if twice is not None:
                self._wrong_annotation(a, f"the annotation has the key {twice!r} twice", "remove one of them")

    def _wrong_annotation(self, a: ast.Annotation, message: str, help: str) -> None:
        self.reporter.report(Diagnostic("C0246", message, a.span, help=help))

    def _rest_of_line(self, here: ast.Span) -> list[Token]:
        body: list[Token] = []
        while self.token.kind != "end" and self.token.span.source is here.source and self.token.span.line == here.line:
            body.append(self.next())
        return body

    def _annotation_body(self, closing: str) -> list[Token]:
        opening = self.next()
        body: list[Token] = []
        level = 0
        while not (level == 0 and self.sees(closing)):
            if self.token.kind == "end":
                self.fail("this annotation isn't closed", help=f"add a {closing!r}", span=opening.span)
            if self.sees(opening.text):
                level += 1
            elif self.sees(closing):
                level -= 1
            body.append(self.next())
        self.next()
        return body

    # ---- parameters

    def type_params(self) -> tuple[ast.TypeParam, ...]:
        """`<T, S>`, if it is there; the names become types of the present scope."""
        if not self.accept("<"):
            return ()
        found: list[ast.TypeParam] = []
        while not self.sees(">"):
            name = self.name("a type parameter")
            self.declare(name.text, True)
            found.append(ast.TypeParam(name=name.text, name_span=name.span, span=name.span))
            if not self.accept(","):
                break
        self.close_angle()
        return tuple(found)

    def parameters(self) -> tuple[ast.Parameter, ...]:
        self.expect("(")
        found: list[ast.Parameter] = []
        while not self.sees(")"):
            found.append(self._parameter())
            if not self.accept(","):
                break
        self.expect(")", "after the parameters")
        return tuple(found)

    def _parameter(self) -> ast.Parameter:
        start = self.token.span
        annotations = self.annotations()
        direction: Direction = ""
        match self.token.text:
            case "in" | "out" | "inout" as direction:
                self.next()
            case _:
                pass
        type_ = self.type_ref()
        name = self.name("the parameter's name")
        self.declare(name.text, False)
        default = self.expression() if self.accept("=") else None
        return ast.Parameter(
            direction, type_, default, name=name.text, name_span=name.span, annotations=annotations,
            span=self.span_from(start),
        )  # fmt: skip
